using NemotronH.Quantization.Formats;

namespace NemotronH.Quantization;

/// <summary>An entry of <c>config_groups</c>: how a set of modules is quantised.</summary>
/// <param name="Field">The entry's name, for messages.</param>
/// <param name="Precision">The format it describes.</param>
/// <param name="Targets">Module names, <c>re:</c> patterns, or names of module classes (<c>Linear</c>).</param>
internal sealed record ConfigGroup(string Field, ModulePrecision Precision, IReadOnlyList<string> Targets)
{
    /// <summary>Reads the groups of a section.</summary>
    /// <exception cref="QuantizationException">A group describes a format that is not supported.</exception>
    public static List<ConfigGroup> ReadAll(JsonFields section)
    {
        var groups = new List<ConfigGroup>();
        if (section.OptionalObject("config_groups") is JsonFields fields)
        {
            foreach (System.Text.Json.JsonProperty property in fields.Properties())
            {
                groups.Add(Read(property.Name, JsonFields.Of(section.File, fields.PathOf(property.Name), property.Value), fields));
            }
        }

        return groups;
    }

    /// <summary>Whether a target is the name of a class of modules rather than of a module.</summary>
    public static bool IsClassName(string target) =>
        target.Length > 0 && char.IsAsciiLetterUpper(target[0]) && !target.Contains('.', StringComparison.Ordinal);

    private static ConfigGroup Read(string name, JsonFields group, JsonFields groups)
    {
        JsonFields weights = group.OptionalObject("weights") ?? throw group.Error("weights", "is missing; expected an object");
        long? bits = weights.OptionalInteger("num_bits");
        string? type = weights.OptionalString("type");
        string? strategy = weights.OptionalString("strategy");
        bool activations = group.Has("input_activations");
        ModulePrecision? precision = (bits, type, strategy) switch
        {
            (8, "float", null or "tensor") => ModulePrecision.Fp8,
            (4, "float", null or "group" or "tensor_group") => activations ? ModulePrecision.Nvfp4 : ModulePrecision.W4A16Nvfp4,
            _ => null,
        };
        if (precision is null)
        {
            throw group.Error(
                "weights",
                $"has num_bits {bits}, type {type ?? "none"}, strategy {strategy ?? "none"}; "
                + "expected FP8 (8-bit float, per tensor) or NVFP4 (4-bit float, groups of 16)");
        }

        if (precision.Value.IsNvfp4())
        {
            CheckGroupSize(weights, required: true);
        }

        return new ConfigGroup(groups.PathOf(name), precision.Value, group.Strings("targets"));
    }

    /// <summary>NVFP4 has blocks of 16; another size would be another format.</summary>
    /// <exception cref="QuantizationException">It is another, or missing though required.</exception>
    public static void CheckGroupSize(JsonFields fields, bool required)
    {
        long? size = fields.OptionalInteger("group_size");
        if (size is null ? required : size != Nvfp4.BlockSize)
        {
            throw fields.Error("group_size", size is null ? $"is missing; expected {Nvfp4.BlockSize}" : $"is {size}; expected {Nvfp4.BlockSize}");
        }
    }
}
