namespace NemotronH.Quantization;

/// <summary>A checkpoint says twice how it is quantised; both must say the same, or one of them is a lie about the tensors.</summary>
internal static class ConfigAgreement
{
    /// <summary>Compares the two files of a checkpoint.</summary>
    /// <exception cref="QuantizationException">They disagree; the message names the field or the module.</exception>
    public static void Check(QuantizationConfig hfQuantConfig, QuantizationConfig config)
    {
        Compare(hfQuantConfig, config, "quant_algo", AlgorithmNames.Name(hfQuantConfig.Algorithm), AlgorithmNames.Name(config.Algorithm));
        Compare(hfQuantConfig, config, "the KV cache (kv_cache_quant_algo, kv_cache_scheme)", Name(hfQuantConfig.KvCache), Name(config.KvCache));
        CompareModules(hfQuantConfig, config);
        CompareModules(config, hfQuantConfig);
        CompareExcluded(hfQuantConfig, config);
        CompareExcluded(config, hfQuantConfig);
    }

    private static void CompareModules(QuantizationConfig one, QuantizationConfig other)
    {
        foreach ((string module, ModulePrecision precision) in one.QuantizedModules)
        {
            bool listed = other.QuantizedModules.TryGetValue(module, out ModulePrecision otherPrecision);
            Compare(one, other, module, precision.ToDisplayName(), listed ? otherPrecision.ToDisplayName() : "not listed");
        }
    }

    private static void CompareExcluded(QuantizationConfig one, QuantizationConfig other)
    {
        HashSet<string> others = [.. other.ExcludedModules];
        if (one.ExcludedModules.FirstOrDefault(entry => !others.Contains(entry)) is string missing)
        {
            throw Disagreement(one, other, $"\"{missing}\"", "excluded", "not excluded");
        }
    }

    private static void Compare(QuantizationConfig one, QuantizationConfig other, string subject, string found, string otherFound)
    {
        if (found != otherFound)
        {
            throw Disagreement(one, other, subject, found, otherFound);
        }
    }

    private static string Name(KvCachePrecision precision) => precision == KvCachePrecision.Fp8 ? "FP8" : "none";

    private static QuantizationException Disagreement(
        QuantizationConfig one, QuantizationConfig other, string subject, string found, string otherFound) =>
        new($"The config files disagree on {subject}: {found} in {one.Source}, {otherFound} in {other.Source}.");
}
