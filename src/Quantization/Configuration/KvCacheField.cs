using System.Text.Json;

namespace NemotronH.Quantization;

/// <summary>How the KV cache is quantised: a name in <c>hf_quant_config.json</c>, usually an object in <c>config.json</c>.</summary>
internal static class KvCacheField
{
    /// <summary>Reads the field.</summary>
    /// <exception cref="QuantizationException">It says something other than FP8 or nothing.</exception>
    public static KvCachePrecision Read(JsonFields section, string name)
    {
        if (section.Optional(name) is not JsonElement field)
        {
            return KvCachePrecision.Unquantized;
        }

        return field.ValueKind == JsonValueKind.Object ? FromScheme(section, name) : FromName(section, name);
    }

    private static KvCachePrecision FromName(JsonFields section, string name) => section.OptionalString(name)!.ToUpperInvariant() switch
    {
        "FP8" => KvCachePrecision.Fp8,
        "NONE" => KvCachePrecision.Unquantized,
        string other => throw section.Error(name, $"is \"{other}\"; supported: FP8 or none"),
    };

    private static KvCachePrecision FromScheme(JsonFields section, string name)
    {
        JsonFields scheme = section.OptionalObject(name)!.Value;
        (long? bits, string? type) = (scheme.OptionalInteger("num_bits"), scheme.OptionalString("type"));
        return (bits, type) == (8, "float")
            ? KvCachePrecision.Fp8
            : throw section.Error(
                name, $"has num_bits {bits?.ToString() ?? "none"} and type {type ?? "none"}; supported: FP8 (num_bits 8, type float) or none");
    }
}
