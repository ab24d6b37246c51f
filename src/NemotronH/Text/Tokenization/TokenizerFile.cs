using System.Text.Json;
using NemotronH.Checkpoints;

namespace NemotronH.Text.Tokenization;

/// <summary>Opens the JSON files of a tokenizer.</summary>
internal static class TokenizerFile
{
    /// <summary>Parses a file.</summary>
    /// <returns>The document, which the caller disposes.</returns>
    /// <exception cref="TokenizerException">The file cannot be read, or is not JSON.</exception>
    public static JsonDocument Open(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Parse(stream, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static JsonDocument Parse(FileStream stream, string path)
    {
        try
        {
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new TokenizerException(GitLfsPointer.IsAt(stream) ? $"{path}: {GitLfsPointer.Complaint}" : $"{path} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Ids of the tokens that begin and end a text, where tokenizer_config.json names them.</summary>
    /// <param name="directory">Where the file would be.</param>
    /// <param name="tokenToId">Looks a token up.</param>
    /// <exception cref="TokenizerException">The file is not what it should be, or names a token that is not in the vocabulary.</exception>
    public static (int? Bos, int? Eos) ReadBosAndEos(string directory, Func<string, int?> tokenToId)
    {
        string path = Path.Combine(directory, "tokenizer_config.json");
        if (!File.Exists(path))
        {
            return (null, null);
        }

        using JsonDocument document = Open(path);
        JsonField root = new(Path.GetFileName(path), "", document.RootElement);
        return (ReadId(root.Optional("bos_token"), tokenToId), ReadId(root.Optional("eos_token"), tokenToId));
    }

    private static int? ReadId(JsonField? token, Func<string, int?> tokenToId)
    {
        if (token is null)
        {
            return null;
        }

        JsonField content = token.Value.Element.ValueKind == JsonValueKind.Object ? token.Value.Required("content") : token.Value;
        return tokenToId(content.AsString()) ?? throw content.Unexpected("a token of tokenizer.json");
    }
}
