using System.Text.Json;
using System.Text.RegularExpressions;

namespace NemotronH.Quantization;

/// <summary>Reads what compressed-tensors (llm-compressor) writes into <c>config.json</c>.</summary>
internal static class CompressedTensorsParser
{
    private const string Format = "nvfp4-pack-quantized";

    /// <summary>Reads the section <c>quantization_config</c>.</summary>
    /// <exception cref="QuantizationException">It is broken or describes a format that is not supported.</exception>
    public static QuantizationConfig ParseSection(JsonFields section)
    {
        CheckFormat(section);
        List<ConfigGroup> groups = ConfigGroup.ReadAll(section);
        if (groups.Count == 0)
        {
            throw section.Error("config_groups", "is missing or empty; expected a group of NVFP4 weights");
        }

        foreach (ConfigGroup group in groups.Where(group => !group.Precision.IsNvfp4()))
        {
            throw new QuantizationException($"{section.File}: {group.Field} describes {group.Precision.ToDisplayName()}; {Format} holds NVFP4 only.");
        }

        bool activations = groups.Exists(group => group.Precision == ModulePrecision.Nvfp4);
        QuantizationAlgorithm algorithm = activations ? QuantizationAlgorithm.Nvfp4 : QuantizationAlgorithm.W4A16Nvfp4;
        var excluded = new ExcludeList(section.Strings("ignore"), $"{section.File}: {section.PathOf("ignore")}");
        KvCachePrecision kvCache = KvCacheField.Read(section, "kv_cache_scheme");
        return new QuantizationConfig(section.File, algorithm, ReadTargets(section, groups), excluded, kvCache);
    }

    /// <summary>Where no group names a class of modules, modules that no group names are unquantised.</summary>
    private static ModuleMap ReadTargets(JsonFields section, List<ConfigGroup> groups)
    {
        var modules = new Dictionary<string, ModulePrecision>(StringComparer.Ordinal);
        var patterns = new List<(Regex Pattern, ModulePrecision Precision)>();
        bool complete = true;
        foreach (ConfigGroup group in groups)
        {
            foreach (string target in group.Targets)
            {
                if (ConfigGroup.IsClassName(target))
                {
                    complete = false;
                }
                else if (ExcludeList.CompilePattern(target, $"{section.File}: {group.Field}.targets") is Regex pattern)
                {
                    patterns.Add((pattern, group.Precision));
                }
                else
                {
                    modules[ModuleNames.Canonicalize(target)] = group.Precision;
                }
            }
        }

        return new ModuleMap(modules, complete, patterns);
    }

    private static void CheckFormat(JsonFields section)
    {
        CheckIs(section, Format);
        if (section.OptionalObject("config_groups") is JsonFields groups)
        {
            foreach (JsonProperty group in groups.Properties())
            {
                JsonFields fields = JsonFields.Of(section.File, groups.PathOf(group.Name), group.Value);
                if (fields.Has("format"))
                {
                    CheckIs(fields, Format);
                }
            }
        }

        // A transform rotates weights, a sparsity format packs them once more: either would read as garbage.
        if (section.OptionalObject("transform_config") is JsonFields transform && transform.Properties().Any())
        {
            throw section.Error("transform_config", "is not empty; transformed weights are not supported");
        }

        if (section.OptionalObject("sparsity_config")?.OptionalString("format") is string sparsity && sparsity != "dense")
        {
            throw section.Error("sparsity_config", $"has format \"{sparsity}\"; supported: dense");
        }
    }

    private static void CheckIs(JsonFields fields, string format)
    {
        string? found = fields.OptionalString("format");
        if (found != format)
        {
            throw fields.Error("format", $"is {(found is null ? "missing" : $"\"{found}\"")}; supported: {format}");
        }
    }
}
