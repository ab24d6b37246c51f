using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using NemotronH.Text.Tokenization;

namespace NemotronH.Text;

/// <summary>Turns text into token ids and back, as the checkpoint's tokenizer.json says: byte-level BPE.</summary>
/// <remarks>
/// <para>
/// Ids equal those of Hugging Face's <c>tokenizers</c> for any text, up to characters that only one side's Unicode tables know.
/// What a tokenizer.json may ask for beyond the supported is refused by name when loading: models other than BPE, normalisers,
/// pre-tokenizers other than regex splits ended by ByteLevel, post-processors other than one template, decoders other than ByteLevel.
/// </para>
/// <para>
/// The sections <c>truncation</c> and <c>padding</c> are left over from whoever saved the file last and are not applied, nor are they
/// by transformers; and tokenizer_config.json's <c>add_bos_token</c> has no effect beside a post-processor. Of that file only
/// <c>bos_token</c> and <c>eos_token</c> are read.
/// </para>
/// <para>Thread-safe: nothing changes after loading.</para>
/// </remarks>
public sealed class Tokenizer
{
    private const string FileName = "tokenizer.json";

    private readonly BpeModel _model;
    private readonly AddedVocabulary _added;
    private readonly List<IPreTokenizer> _preTokenizers;
    private readonly SpecialTokenTemplate _template;
    private readonly TokenTable _tokens;
    private readonly Dictionary<string, int> _addedIds;
    private readonly FrozenSet<int> _specialIds;
    private readonly FrozenSet<int> _addedTokenIds;

    private Tokenizer(string directory, JsonField root)
    {
        _model = BpeModelReader.Read(root.Required("model"));
        RefuseUnsupported(root);
        List<AddedToken> added = AddedTokenReader.Read(root, _model.Vocabulary);
        _added = new AddedVocabulary(added);
        _addedIds = added.ToDictionary(token => token.Content, token => token.Id);
        _addedTokenIds = added.Select(token => token.Id).ToFrozenSet();
        _specialIds = added.Where(token => token.Special).Select(token => token.Id).ToFrozenSet();
        _preTokenizers = PreTokenizerReader.Read(root);
        _template = SpecialTokenTemplate.Read(root);
        _tokens = new TokenTable(_model.Vocabulary, added);
        (BosTokenId, EosTokenId) = TokenizerFile.ReadBosAndEos(directory, TokenToId);
    }

    /// <summary>One more than the greatest token id; a model's vocabulary may be larger.</summary>
    public int VocabularySize => _tokens.Size;

    /// <summary>Ids of the tokens that decoding may leave out.</summary>
    public IReadOnlySet<int> SpecialTokenIds => _specialIds;

    /// <summary>Id of tokenizer_config.json's <c>bos_token</c>, if it names one. The post-processor says whether it is added.</summary>
    public int? BosTokenId { get; }

    /// <summary>Id of tokenizer_config.json's <c>eos_token</c>, if it names one.</summary>
    public int? EosTokenId { get; }

    /// <summary>Loads a checkpoint's tokenizer.</summary>
    /// <param name="directory">Folder that holds <c>tokenizer.json</c> and, as a rule, <c>tokenizer_config.json</c>.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="TokenizerException">A file is missing, broken, or asks for something that is not supported.</exception>
    public static Tokenizer Load(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            throw new TokenizerException($"{directory} has no {FileName}.");
        }

        using JsonDocument document = TokenizerFile.Open(path);
        return new Tokenizer(directory, new JsonField(FileName, "", document.RootElement));
    }

    /// <summary>Encodes text; added tokens are recognised wherever they are written in it.</summary>
    /// <param name="text">Any text; half of a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds: a beginning-of-text token, usually, or nothing.</param>
    /// <returns>Token ids.</returns>
    /// <exception cref="TokenizerException">The vocabulary lacks a byte of the text, and has no unknown token.</exception>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        if (addSpecialTokens)
        {
            ids.AddRange(_template.Before);
        }

        BytePairEncoder encoder = new(_model);
        foreach (TextPiece piece in _added.Split(WithoutLoneSurrogates(text)))
        {
            if (piece.TokenId is int id)
            {
                ids.Add(id);
            }
            else
            {
                EncodePiece(piece.Text, encoder, ids);
            }
        }

        if (addSpecialTokens)
        {
            ids.AddRange(_template.After);
        }

        return [.. ids];
    }

    /// <summary>Decodes token ids.</summary>
    /// <param name="ids">Token ids; those without a token decode to nothing, as a model's vocabulary may exceed its tokenizer's.</param>
    /// <param name="skipSpecialTokens">Whether to leave out the tokens of <see cref="SpecialTokenIds"/>.</param>
    /// <returns>The text; U+FFFD stands where the tokens' bytes are not UTF-8.</returns>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (int id in ids)
        {
            bytes.Write(BytesOf(id, skipSpecialTokens));
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Looks a token up.</summary>
    /// <param name="token">An added token's text, or a token as tokenizer.json writes it (a space as <c>Ġ</c>, say).</param>
    /// <returns>Its id, or <see langword="null"/> where there is no such token.</returns>
    public int? TokenToId(string token) =>
        _addedIds.TryGetValue(token, out int id) || _model.Vocabulary.TryGetValue(token, out id) ? id : null;

    /// <summary>Names a token.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The token as tokenizer.json writes it, or <see langword="null"/> where there is no such token.</returns>
    public string? IdToToken(int id) => _tokens.Token(id);

    /// <summary>The bytes a token decodes to; a character may be spread over several tokens.</summary>
    /// <param name="id">Token id.</param>
    /// <param name="skipSpecialTokens">Whether the tokens of <see cref="SpecialTokenIds"/> decode to nothing.</param>
    /// <returns>The bytes; none where there is no such token.</returns>
    public ReadOnlySpan<byte> BytesOf(int id, bool skipSpecialTokens) =>
        skipSpecialTokens && _specialIds.Contains(id) ? [] : _tokens.Bytes(id);

    /// <summary>Whether a token is an added one: never made by merging, but recognised where its text stands.</summary>
    /// <param name="id">Token id.</param>
    internal bool IsAdded(int id) => _addedTokenIds.Contains(id);

    private void EncodePiece(ReadOnlyMemory<char> text, BytePairEncoder encoder, List<int> ids)
    {
        List<ReadOnlyMemory<char>> pieces = [text];
        foreach (IPreTokenizer preTokenizer in _preTokenizers)
        {
            List<ReadOnlyMemory<char>> cut = [];
            foreach (ReadOnlyMemory<char> piece in pieces)
            {
                preTokenizer.PreTokenize(piece, cut);
            }

            pieces = cut;
        }

        foreach (ReadOnlyMemory<char> piece in pieces)
        {
            encoder.Encode(piece.Span, ids);
        }
    }

    private static string WithoutLoneSurrogates(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static void RefuseUnsupported(JsonField root)
    {
        if (root.Optional("version") is { } version && version.AsString() != "1.0")
        {
            throw version.Unexpected("1.0");
        }

        // .NET cannot normalise here: where globalisation is invariant, string.Normalize does nothing.
        if (root.Optional("normalizer")?.Components("normalizers").ToArray() is [var normalizer, ..])
        {
            throw normalizer.Required("type").Unexpected("no normalizer");
        }

        JsonField decoder = root.Required("decoder");
        if (decoder.Components("decoders").Select(step => step.Type()).ToArray() is not ["ByteLevel"])
        {
            throw decoder.Required("type").Unexpected("ByteLevel");
        }
    }
}
