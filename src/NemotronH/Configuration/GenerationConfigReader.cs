using System.Text;
using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Reads a model's <c>generation_config.json</c>.</summary>
public static class GenerationConfigReader
{
    /// <summary>Name of the file in a model's directory.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>Reads the generation defaults of a model.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <returns>The defaults, or <see langword="null"/> where the directory has no such file.</returns>
    /// <exception cref="ConfigurationException">
    /// There is no such directory, the file is not JSON, or a field is of the wrong type or out of range.
    /// </exception>
    public static GenerationDefaults? Load(string directory)
    {
        if (ModelFile.Find(directory, FileName) is not { } path)
        {
            return null;
        }

        using JsonDocument document = LenientJson.Load(path);
        return Read(new JsonFields(document.RootElement, path));
    }

    /// <summary>Reads generation defaults from their text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="origin">File name for messages.</param>
    /// <returns>The defaults.</returns>
    /// <exception cref="ConfigurationException">The text is not JSON, or a field is of the wrong type or out of range.</exception>
    public static GenerationDefaults Parse(string json, string origin)
    {
        using JsonDocument document = LenientJson.Parse(Encoding.UTF8.GetBytes(json), origin);
        return Read(new JsonFields(document.RootElement, origin));
    }

    private static GenerationDefaults Read(JsonFields fields) => new()
    {
        DoSample = fields.Find("do_sample")?.Flag(),
        Temperature = fields.Find("temperature")?.Number("a non-negative number", value => value >= 0),
        TopP = fields.Find("top_p")?.Number("a number above 0 and at most 1", value => value is > 0 and <= 1),
        TopK = fields.Find("top_k")?.NonNegative(),
        MinP = fields.Find("min_p")?.Number("a number from 0 to 1", value => value is >= 0 and <= 1),
        RepetitionPenalty = fields.Find("repetition_penalty")?.PositiveNumber(),
        MaxNewTokens = fields.Find("max_new_tokens")?.Positive(),
        BosTokenId = fields.Find("bos_token_id")?.NonNegative(),
        EosTokenIds = TokenIds.Read(fields, "eos_token_id"),
        PadTokenId = fields.Find("pad_token_id")?.NonNegative(),
    };
}
