namespace NemotronH.Text.Templates.Syntax;

/// <summary>What the parsers of statements and of expressions share.</summary>
/// <param name="tokens">The template.</param>
internal sealed class ParserState(TokenStream tokens)
{
    private const int DeepestNesting = 200;

    private int _nesting;

    public TokenStream Tokens => tokens;

    /// <summary>How many loops of the current macro or block body the parser is in.</summary>
    public int Loops { get; set; }

    /// <summary>The names that have been read as variables.</summary>
    public HashSet<string> Names { get; private set; } = [];

    /// <summary>Parses a part that may hold parts like itself.</summary>
    /// <exception cref="TemplateError">Such parts are nested too deeply.</exception>
    public T Nest<T>(Func<T> parse)
    {
        if (++_nesting > DeepestNesting)
        {
            throw TemplateError.At(tokens.Current.Line, $"tags or expressions are nested more than {DeepestNesting} deep, the limit");
        }

        T result = parse();
        _nesting--;
        return result;
    }

    /// <summary>Parses a body that runs apart from the loops around it.</summary>
    /// <param name="parse">Parses it.</param>
    /// <param name="names">The names that it reads.</param>
    public T ParseApart<T>(Func<T> parse, out IReadOnlySet<string> names)
    {
        (int loops, HashSet<string> outer) = (Loops, Names);
        (Loops, Names) = (0, []);
        T result = parse();
        names = Names;
        outer.UnionWith(Names);
        (Loops, Names) = (loops, outer);
        return result;
    }
}
