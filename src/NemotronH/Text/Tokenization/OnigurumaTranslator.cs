using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>Writes an Oniguruma expression (Ruby syntax, as Hugging Face compiles it) in .NET's syntax.</summary>
/// <remarks>
/// What both read alike, or what .NET can say otherwise, is translated; everything else is refused by name rather than guessed at.
/// Possessive quantifiers become atomic groups; <c>{n,m}+</c> is not possessive there but repeats; and where case is ignored, letters
/// are written out as <see cref="CaseFolding"/> says.
/// </remarks>
internal sealed class OnigurumaTranslator(string source)
{
    private const int MaxDepth = 100;

    private readonly OnigurumaReader _reader = new(source);
    private readonly StringBuilder _dotNet = new();
    private readonly List<CharRange> _named = [];
    private char _previousLetter;
    private int _depth;

    /// <summary>Translates the whole expression.</summary>
    /// <exception cref="TokenizerException">It uses a construct that is not supported.</exception>
    public OnigurumaPattern Translate()
    {
        TranslateAlternatives(ignoreCase: false);
        return _reader.AtEnd ? new OnigurumaPattern(source, _dotNet.ToString(), _named) : throw _reader.Refuse("an unmatched )");
    }

    /// <summary>A character by its code, which means itself anywhere in a .NET expression.</summary>
    public static string Escape(char literal) => $"\\u{(int)literal:X4}";

    private void TranslateAlternatives(bool ignoreCase)
    {
        if (++_depth > MaxDepth)
        {
            throw _reader.Refuse($"more than {MaxDepth} nested groups");
        }

        _previousLetter = '\0';
        while (!_reader.AtEnd && !_reader.IsNext(")"))
        {
            if (_reader.TryTake("|"))
            {
                _dotNet.Append('|');
                _previousLetter = '\0';
            }
            else
            {
                int start = _dotNet.Length;
                TranslateAtom(ignoreCase);
                TranslateQuantifiers(start);
            }
        }

        _depth--;
    }

    private void TranslateAtom(bool ignoreCase)
    {
        char next = _reader.ReadChar();
        switch (next)
        {
            case '(':
                TranslateGroup(ignoreCase);
                break;
            case '[':
                TranslateClass(ignoreCase);
                break;
            case '.':
                Append(".");
                break;
            case '\\':
                TranslateEscape(ignoreCase);
                break;
            case '^' or '$' or '*' or '+' or '?':
                throw _reader.Refuse($"{next} here");
            default:
                _dotNet.Append(Literal(next, ignoreCase));
                break;
        }
    }

    private void TranslateEscape(bool ignoreCase)
    {
        char literal = _reader.ReadEscape(out string? set);
        if (set is null)
        {
            _dotNet.Append(Literal(literal, ignoreCase));
        }
        else
        {
            Append(Fixed(set, ignoreCase));
        }
    }

    private void TranslateGroup(bool ignoreCase)
    {
        // Nothing refers to what a group captures.
        string opening = "(?:";
        if (_reader.TryTake("?i:"))
        {
            ignoreCase = true;
        }
        else if (_reader.IsNext("?"))
        {
            string[] kinds = ["?:", "?=", "?!", "?>", "?<=", "?<!"];
            string kind = kinds.FirstOrDefault(_reader.TryTake)
                ?? throw _reader.Refuse("a group other than (…), (?:…), (?i:…), (?>…) and look-around");
            opening = $"({kind}";
        }

        _dotNet.Append(opening);
        TranslateAlternatives(ignoreCase);
        Append(_reader.TryTake(")") ? ")" : throw _reader.Refuse("an unmatched ("));
    }

    private void TranslateClass(bool ignoreCase)
    {
        StringBuilder members = new(_reader.TryTake("^") ? "[^" : "[");
        do
        {
            members.Append(TranslateMember(ignoreCase));
        }
        while (!_reader.TryTake("]"));
        Append(members.Append(']').ToString());
    }

    private string TranslateMember(bool ignoreCase)
    {
        if (_reader.IsNext("[") || _reader.IsNext("&&") || _reader.IsNext("]"))
        {
            throw _reader.Refuse("a class that is empty or made of other classes");
        }

        string? set = null;
        char first = ReadMember(ref set);
        if (set is not null)
        {
            return Fixed(set, ignoreCase);
        }

        if (!_reader.IsNext("-") || _reader.IsNext("-]"))
        {
            return Variants(first, ignoreCase);
        }

        _reader.TryTake("-");
        char last = ReadMember(ref set);
        if (set is not null || first > last || ignoreCase)
        {
            throw _reader.Refuse($"a range from {first}");
        }

        _named.Add(new CharRange(first, last));
        return $"{Escape(first)}-{Escape(last)}";
    }

    private string Fixed(string set, bool ignoreCase) => !ignoreCase ? set : throw _reader.Refuse($"{set} where case is ignored");

    private char ReadMember(ref string? set) => _reader.TryTake("\\") ? _reader.ReadEscape(out set) : _reader.ReadChar();

    private void TranslateQuantifiers(int start)
    {
        for (bool first = true; ReadQuantifier() is { } quantifier; first = false)
        {
            if (!first)
            {
                Enclose("(?:", start);
            }

            bool isInterval = quantifier[0] == '{';
            if (isInterval && _reader.IsNext("?"))
            {
                throw _reader.Refuse($"{quantifier}?");
            }

            Append(quantifier);
            if (!isInterval && _reader.TryTake("?"))
            {
                Append("?");
            }
            else if (!isInterval && _reader.TryTake("+"))
            {
                Enclose("(?>", start);
            }
        }
    }

    private string? ReadQuantifier()
    {
        string? simple = ((string[])["*", "+", "?"]).FirstOrDefault(_reader.TryTake);
        if (simple is not null || !_reader.TryTake("{"))
        {
            return simple;
        }

        string least = _reader.ReadDigits();
        bool isRange = _reader.TryTake(",");
        string most = isRange ? _reader.ReadDigits() : least;
        if (least.Length + most.Length == 0 || !_reader.TryTake("}"))
        {
            throw _reader.Refuse("{ that is not a repetition");
        }

        return isRange ? $"{{{(least.Length == 0 ? "0" : least)},{most}}}" : $"{{{least}}}";
    }

    private void Enclose(string opening, int start) => _dotNet.Insert(start, opening).Append(')');

    private void Append(string text)
    {
        _dotNet.Append(text);
        _previousLetter = '\0';
    }

    private string Literal(char literal, bool ignoreCase)
    {
        if (!ignoreCase)
        {
            return Variants(literal, ignoreCase);
        }

        char letter = char.ToLowerInvariant(literal);
        if (CaseFolding.IsLigature(_previousLetter, letter))
        {
            throw _reader.Refuse($"the letters {_previousLetter}{letter} where case is ignored");
        }

        _previousLetter = letter;
        return $"[{Variants(literal, ignoreCase)}]";
    }

    /// <summary>A character and, where case is ignored, those it folds together with.</summary>
    private string Variants(char literal, bool ignoreCase)
    {
        if (ignoreCase && !char.IsAscii(literal))
        {
            throw _reader.Refuse($"{literal} where case is ignored");
        }

        string forms = ignoreCase ? CaseFolding.Forms(literal) : literal.ToString();
        _named.AddRange(forms.Select(form => new CharRange(form, form)));
        return string.Concat(forms.Select(Escape));
    }
}
