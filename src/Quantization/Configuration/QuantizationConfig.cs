namespace NemotronH.Quantization;

/// <summary>
/// What a checkpoint's config files say of its quantisation. The tensors decide how a module is loaded; the config verifies, so that a file taken for
/// another format is an error and not a fluent wrong answer.
/// </summary>
public sealed class QuantizationConfig
{
    /// <summary>Projections that engines fuse, and the modules they are made of.</summary>
    private static readonly Dictionary<string, string[]> PackedModules = new(StringComparer.Ordinal)
    {
        ["qkv_proj"] = ["q_proj", "k_proj", "v_proj"],
        ["gate_up_proj"] = ["gate_proj", "up_proj"],
    };

    private readonly ModuleMap _map;
    private readonly ExcludeList _excluded;

    internal QuantizationConfig(string source, QuantizationAlgorithm algorithm, ModuleMap map, ExcludeList excluded, KvCachePrecision kvCache)
    {
        Source = source;
        Algorithm = algorithm;
        KvCache = kvCache;
        _map = map;
        _excluded = excluded;
    }

    /// <summary>The file or files this was read from.</summary>
    public string Source { get; }

    /// <summary>The algorithm of the whole model (<c>quant_algo</c>).</summary>
    public QuantizationAlgorithm Algorithm { get; }

    /// <summary>The precision of the KV cache (<c>kv_cache_quant_algo</c>, <c>kv_cache_scheme</c>).</summary>
    public KvCachePrecision KvCache { get; }

    /// <summary>Modules listed one by one (<c>quantized_layers</c>), by canonical name; empty where one algorithm holds for all.</summary>
    public IReadOnlyDictionary<string, ModulePrecision> QuantizedModules => _map.Modules;

    /// <summary>Modules that are not quantised (<c>exclude_modules</c>, <c>ignore</c>): canonical names and patterns, as listed.</summary>
    public IReadOnlyList<string> ExcludedModules => _excluded.Entries;

    internal ExcludeList Excluded => _excluded;

    /// <summary>Describes a checkpoint that is about to be written.</summary>
    /// <param name="modules">
    /// Canonical names of all modules that could have been quantised (linear layers, convolutions, embeddings, the head) and what they became.
    /// </param>
    /// <param name="kvCache">The precision the KV cache is meant for.</param>
    /// <returns>
    /// One algorithm and the list of unquantised modules where all quantised ones share a precision, else
    /// <see cref="QuantizationAlgorithm.MixedPrecision"/> with every quantised module listed.
    /// </returns>
    public static QuantizationConfig FromModules(
        IEnumerable<KeyValuePair<string, ModulePrecision>> modules, KvCachePrecision kvCache = KvCachePrecision.Unquantized)
    {
        ILookup<bool, KeyValuePair<string, ModulePrecision>> byKind = modules.ToLookup(module => module.Value != ModulePrecision.Unquantized);
        ModulePrecision[] precisions = [.. byKind[true].Select(module => module.Value).Distinct()];
        bool mixed = precisions.Length > 1;
        QuantizationAlgorithm algorithm = mixed ? QuantizationAlgorithm.MixedPrecision : AlgorithmNames.AlgorithmOf(precisions.FirstOrDefault());
        Dictionary<string, ModulePrecision> listed = (mixed ? byKind[true] : [])
            .ToDictionary(module => ModuleNames.Canonicalize(module.Key), module => module.Value, StringComparer.Ordinal);
        var excluded = new ExcludeList(byKind[false].Select(module => module.Key), "modules");
        return new QuantizationConfig("the new config", algorithm, new ModuleMap(listed, isComplete: mixed), excluded, kvCache);
    }

    /// <summary>What the config says of a module.</summary>
    /// <param name="moduleName">The module's name, under any root.</param>
    /// <returns>
    /// Its precision; <see cref="ModulePrecision.Unquantized"/> for an excluded module, or one that a complete list leaves out;
    /// <see langword="null"/> where nothing is stated: a module that one algorithm for all does not exclude may be quantised, or may be of a kind
    /// that the exporter never quantises (routers and embeddings are on no list).
    /// </returns>
    /// <exception cref="QuantizationException">Parts of a fused projection, or the modules of a block, are stated to differ.</exception>
    public ModulePrecision? Expected(string moduleName) => Expect(ModuleNames.Canonicalize(moduleName)).Precision;

    /// <summary>Compares a module's tensors with what the config says.</summary>
    /// <param name="moduleName">The module's name, under any root.</param>
    /// <param name="actual">The precision that its tensors have; the two labels of NVFP4 are one for this purpose.</param>
    /// <exception cref="QuantizationException">They disagree; the message names the module, the tensors' precision and the config's.</exception>
    public void Verify(string moduleName, ModulePrecision actual)
    {
        (ModulePrecision? expected, string statement) = Expect(ModuleNames.Canonicalize(moduleName));
        bool agrees = expected is ModulePrecision precision
            ? actual.StoresWeightsLike(precision)
            : actual == ModulePrecision.Unquantized || actual.StoresWeightsLike(AlgorithmNames.PrecisionOf(Algorithm));
        if (!agrees)
        {
            throw new QuantizationException($"{moduleName}: the tensors are {actual.ToDisplayName()}, but {Source} {statement}.");
        }
    }

    /// <summary>A copy that names other files as its source.</summary>
    internal QuantizationConfig WithSource(string source) => new(source, Algorithm, _map, _excluded, KvCache);

    /// <summary>Exact name, exclude list, parts of a fused projection, modules below, bank of experts, pattern; then what holds for the rest.</summary>
    private Expectation Expect(string module)
    {
        if (_map.Exact(module) is ModulePrecision exact)
        {
            return Listed(exact);
        }

        if (_excluded.Match(module) is string entry)
        {
            return new(ModulePrecision.Unquantized, $"excludes it by \"{entry}\"");
        }

        if (PackedModules.TryGetValue(module[(module.LastIndexOf('.') + 1)..], out string[]? shards))
        {
            return ExpectShards(module, shards);
        }

        return ExpectFromBlock(module) ?? Default();
    }

    private Expectation? ExpectFromBlock(string module)
    {
        if (_map.TryGetBlock(module, out ModulePrecision? block))
        {
            return Listed(block ?? throw Split($"modules below {module}"));
        }

        return (_map.OfExpertBank(module) ?? _map.OfPattern(module)) is ModulePrecision precision ? Listed(precision) : null;
    }

    private Expectation ExpectShards(string module, string[] shards)
    {
        string parent = module[..(module.LastIndexOf('.') + 1)];
        Expectation[] expectations = [.. shards.Select(shard => Expect(parent + shard))];
        ModulePrecision?[] precisions = [.. expectations.Select(expectation => expectation.Precision).Distinct()];
        return precisions.Length == 1
            ? expectations[0]
            : throw Split($"parts of {module} ({string.Join(", ", shards)})");
    }

    private QuantizationException Split(string modules) => new($"{Source}: the {modules} have different precisions; they cannot be one.");

    private Expectation Default() => Algorithm == QuantizationAlgorithm.None
        ? new(ModulePrecision.Unquantized, "quantises nothing")
        : _map.IsComplete
            ? new(ModulePrecision.Unquantized, "does not list it as quantised")
            : new(null, $"says {AlgorithmNames.Name(Algorithm)}");

    private static Expectation Listed(ModulePrecision precision) => new(precision, $"says {precision.ToDisplayName()}");

    /// <summary>What is expected of a module, and how the config says it, after its name.</summary>
    private readonly record struct Expectation(ModulePrecision? Precision, string Statement);
}
