using System.Text.Json;

namespace NemotronH.Quantization;

/// <summary>
/// Reads how a checkpoint is quantised: ModelOpt's <c>hf_quant_config.json</c>, the section <c>quantization_config</c> of <c>config.json</c> (ModelOpt's
/// or compressed-tensors'), or both, which must then agree.
/// </summary>
public static class QuantizationConfigReader
{
    private const string ConfigFile = "config.json";
    private const string HfQuantConfigFile = "hf_quant_config.json";
    private const string Section = "quantization_config";

    /// <summary>Objects in which multimodal configs keep that of their language model.</summary>
    private static readonly string[] NestedConfigs = ["llm_config", "text_config"];

    /// <summary>Reads the files of a checkpoint.</summary>
    /// <param name="directory">The checkpoint's directory; either file may be missing.</param>
    /// <returns>What they say, or <see langword="null"/> where neither says anything.</returns>
    /// <exception cref="QuantizationException">A file is broken or describes an unsupported format, or they disagree.</exception>
    public static QuantizationConfig? Read(string directory) =>
        ParseFiles(ReadFile(Path.Combine(directory, ConfigFile)), ReadFile(Path.Combine(directory, HfQuantConfigFile)), directory);

    /// <summary>Reads the text of the files.</summary>
    /// <param name="config"><c>config.json</c> in UTF-8, bare infinities allowed; <see langword="null"/> where it is missing.</param>
    /// <param name="hfQuantConfig"><c>hf_quant_config.json</c> in UTF-8; <see langword="null"/> where it is missing.</param>
    /// <param name="origin">The directory they come from, for messages.</param>
    /// <returns>What they say, or <see langword="null"/> where neither says anything.</returns>
    /// <exception cref="QuantizationException">A file is broken or describes an unsupported format, or they disagree.</exception>
    public static QuantizationConfig? ParseFiles(byte[]? config, byte[]? hfQuantConfig, string origin)
    {
        using JsonDocument? configDocument = ParseDocument(config, Path.Combine(origin, ConfigFile));
        using JsonDocument? hfQuantConfigDocument = ParseDocument(hfQuantConfig, Path.Combine(origin, HfQuantConfigFile));
        return Parse(FindSection(configDocument, Path.Combine(origin, ConfigFile)), hfQuantConfigDocument?.RootElement, origin);
    }

    /// <summary>Reads what was parsed as JSON already.</summary>
    /// <param name="quantizationConfigSection">The value of <c>quantization_config</c> in <c>config.json</c>; <see langword="null"/> if missing.</param>
    /// <param name="hfQuantConfig">The whole of <c>hf_quant_config.json</c>; <see langword="null"/> where it is missing.</param>
    /// <param name="origin">The directory they come from, for messages.</param>
    /// <returns>What they say, or <see langword="null"/> where neither says anything.</returns>
    /// <exception cref="QuantizationException">A file is broken or describes an unsupported format, or they disagree.</exception>
    public static QuantizationConfig? Parse(JsonElement? quantizationConfigSection, JsonElement? hfQuantConfig, string origin)
    {
        try
        {
            string configFile = Path.Combine(origin, ConfigFile);
            QuantizationConfig? fromSection = quantizationConfigSection is { ValueKind: not JsonValueKind.Null } section
                ? ParseSection(JsonFields.Of(configFile, Section, section))
                : null;
            QuantizationConfig? fromFile = hfQuantConfig is JsonElement root
                ? ModelOptParser.ParseHfQuantConfig(Path.Combine(origin, HfQuantConfigFile), root)
                : null;
            return Combine(fromFile, fromSection);
        }
        catch (InvalidOperationException exception)
        {
            throw new QuantizationException($"{origin}: the quantisation config has text that is not valid Unicode.", exception);
        }
    }

    private static QuantizationConfig? Combine(QuantizationConfig? fromFile, QuantizationConfig? fromSection)
    {
        if (fromFile is null || fromSection is null)
        {
            return fromFile ?? fromSection;
        }

        ConfigAgreement.Check(fromFile, fromSection);
        return fromFile.WithSource($"{fromFile.Source} and {ConfigFile}");
    }

    private static QuantizationConfig ParseSection(JsonFields section)
    {
        string? method = section.OptionalString("quant_method");
        if (method is null && !section.Has("quant_algo"))
        {
            throw section.Error("quant_method", "is missing; expected modelopt or compressed-tensors");
        }

        return method?.ToLowerInvariant() switch
        {
            null or "modelopt" or "modelopt_fp4" or "modelopt_fp8" or "modelopt_mixed" => ModelOptParser.ParseSection(section),
            "compressed-tensors" => CompressedTensorsParser.ParseSection(section),
            _ => throw section.Error("quant_method", $"is \"{method}\"; supported: modelopt, compressed-tensors"),
        };
    }

    private static JsonElement? FindSection(JsonDocument? document, string file)
    {
        if (document is null)
        {
            return null;
        }

        JsonFields root = JsonFields.Of(file, string.Empty, document.RootElement);
        return root.Optional(Section)
            ?? NestedConfigs.Select(name => root.OptionalObject(name)?.Optional(Section)).FirstOrDefault(section => section is not null);
    }

    private static JsonDocument? ParseDocument(byte[]? json, string file)
    {
        if (json is null)
        {
            return null;
        }

        try
        {
            byte[] strict = LenientJson.WithoutBareLiterals(json);
            ReadOnlyMemory<byte> text = strict.AsSpan().StartsWith("\uFEFF"u8) ? strict.AsMemory(3) : strict;
            return JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new QuantizationException(
                $"{file}: not valid JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.", exception);
        }
    }

    private static byte[]? ReadFile(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllBytes(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new QuantizationException($"{path}: cannot be read: {exception.Message}", exception);
        }
    }
}
