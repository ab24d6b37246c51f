using System.Text.Json;

namespace NemotronH.Quantization;

/// <summary>Reads what ModelOpt writes, in either of its two spellings.</summary>
internal static class ModelOptParser
{
    /// <summary>Marks of AWQ and its kin, whose weights read as garbage without them.</summary>
    private static readonly string[] UnsupportedExtras = ["pre_quant_scale", "has_zero_point"];

    /// <summary>Reads <c>hf_quant_config.json</c>.</summary>
    /// <exception cref="QuantizationException">It is broken, contradicts itself or describes a format that is not supported.</exception>
    public static QuantizationConfig ParseHfQuantConfig(string file, JsonElement root) =>
        Parse(Nested(JsonFields.Of(file, string.Empty, root)), "exclude_modules", "kv_cache_quant_algo");

    /// <summary>Reads the section <c>quantization_config</c> of <c>config.json</c>.</summary>
    /// <exception cref="QuantizationException">It is broken, contradicts itself or describes a format that is not supported.</exception>
    public static QuantizationConfig ParseSection(JsonFields section) => section.Has("quantization")
        ? Parse(Nested(section), "exclude_modules", "kv_cache_quant_algo")
        : Parse(section, "ignore", "kv_cache_scheme");

    private static JsonFields Nested(JsonFields fields) =>
        fields.OptionalObject("quantization") ?? throw fields.Error("quantization", "is missing; expected an object");

    private static QuantizationConfig Parse(JsonFields section, string excludeField, string kvCacheField)
    {
        QuantizationAlgorithm algorithm = section.OptionalString("quant_algo") is string name
            ? AlgorithmNames.Parse(name, section, "quant_algo")
            : QuantizationAlgorithm.None;
        if (algorithm is not (QuantizationAlgorithm.None or QuantizationAlgorithm.Fp8))
        {
            ConfigGroup.CheckGroupSize(section, required: false);
        }

        Dictionary<string, ModulePrecision> modules = ReadModules(section);
        ReconcileGroups(section, algorithm, modules);
        CheckModules(section, algorithm, modules);
        var excluded = new ExcludeList(section.Strings(excludeField), $"{section.File}: {section.PathOf(excludeField)}");
        if (modules.Keys.FirstOrDefault(excluded.Lists) is string contradiction)
        {
            throw section.Error(excludeField, $"excludes {contradiction}, which quantized_layers lists as {modules[contradiction].ToDisplayName()}");
        }

        var map = new ModuleMap(modules, isComplete: algorithm == QuantizationAlgorithm.MixedPrecision);
        return new QuantizationConfig(section.File, algorithm, map, excluded, KvCacheField.Read(section, kvCacheField));
    }

    private static Dictionary<string, ModulePrecision> ReadModules(JsonFields section)
    {
        var modules = new Dictionary<string, ModulePrecision>(StringComparer.Ordinal);
        if (section.OptionalObject("quantized_layers") is JsonFields layers)
        {
            string path = section.PathOf("quantized_layers");
            foreach (JsonProperty layer in layers.Properties())
            {
                string name = layer.Name;
                Add(section, modules, name, ReadModule(JsonFields.Of(section.File, path, layer.Value, name)));
            }
        }

        return modules;
    }

    private static ModulePrecision ReadModule(JsonFields layer)
    {
        string name = layer.OptionalString("quant_algo") ?? throw layer.Error("quant_algo", "is missing; expected the name of an algorithm");
        ModulePrecision precision = AlgorithmNames.ParseModule(name, layer, "quant_algo");
        if (precision.IsNvfp4())
        {
            ConfigGroup.CheckGroupSize(layer, required: false);
        }

        foreach (string extra in UnsupportedExtras)
        {
            if (layer.OptionalBoolean(extra))
            {
                throw layer.Error(extra, $"is true, which {precision.ToDisplayName()} does not have");
            }
        }

        return precision;
    }

    private static void Add(JsonFields section, Dictionary<string, ModulePrecision> modules, string name, ModulePrecision precision)
    {
        string canonical = ModuleNames.Canonicalize(name);
        if (!modules.TryAdd(canonical, precision) && modules[canonical] != precision)
        {
            throw section.Error(
                "quantized_layers", $"lists {name} twice, as {modules[canonical].ToDisplayName()} and as {precision.ToDisplayName()}");
        }
    }

    /// <summary>The groups repeat in other words what the algorithm or the list of modules says; where there is no list they are the list.</summary>
    private static void ReconcileGroups(JsonFields section, QuantizationAlgorithm algorithm, Dictionary<string, ModulePrecision> modules)
    {
        bool listed = modules.Count > 0;
        foreach (ConfigGroup group in ConfigGroup.ReadAll(section))
        {
            if (algorithm != QuantizationAlgorithm.MixedPrecision)
            {
                CheckGroup(section, group, algorithm);
                continue;
            }

            foreach (string target in group.Targets.Where(target => !ConfigGroup.IsClassName(target)))
            {
                if (listed)
                {
                    CheckTarget(section, group, target, modules);
                }
                else
                {
                    Add(section, modules, target, group.Precision);
                }
            }
        }
    }

    private static void CheckGroup(JsonFields section, ConfigGroup group, QuantizationAlgorithm algorithm)
    {
        if (!group.Precision.StoresWeightsLike(AlgorithmNames.PrecisionOf(algorithm)))
        {
            throw section.Error("quant_algo", $"is {AlgorithmNames.Name(algorithm)}, but {group.Field} describes {group.Precision.ToDisplayName()}");
        }
    }

    private static void CheckTarget(JsonFields section, ConfigGroup group, string target, Dictionary<string, ModulePrecision> modules)
    {
        bool found = modules.TryGetValue(ModuleNames.Canonicalize(target), out ModulePrecision precision);
        if (!found || !precision.StoresWeightsLike(group.Precision))
        {
            string listed = found ? $"says {precision.ToDisplayName()} for" : "does not list";
            throw section.Error("quantized_layers", $"{listed} {target}, but {group.Field} says {group.Precision.ToDisplayName()}");
        }
    }

    private static void CheckModules(JsonFields section, QuantizationAlgorithm algorithm, Dictionary<string, ModulePrecision> modules)
    {
        if (algorithm == QuantizationAlgorithm.MixedPrecision && modules.Count == 0)
        {
            throw section.Error("quantized_layers", "is missing or empty; MIXED_PRECISION lists every quantised module there");
        }

        if (algorithm == QuantizationAlgorithm.None && modules.Count > 0)
        {
            throw section.Error("quant_algo", "is missing; expected an algorithm, because quantized_layers lists modules");
        }
    }
}
