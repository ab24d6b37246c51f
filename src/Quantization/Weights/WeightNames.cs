namespace NemotronH.Quantization;

/// <summary>The names of a weight and of the tensors that may stand beside it in a checkpoint.</summary>
internal sealed record WeightNames
{
    private readonly string _prefix;

    private WeightNames(string owner, string weight, string prefix)
    {
        Owner = owner;
        Weight = weight;
        _prefix = prefix;
    }

    /// <summary>What messages and configs call the weight: its module, or the parameter that holds fused experts.</summary>
    public string Owner { get; }

    /// <summary>The weight itself: plain numbers, E4M3 codes or packed E2M1 codes.</summary>
    public string Weight { get; }

    /// <summary>Scale of an FP8 weight, or block scales of an NVFP4 weight.</summary>
    public string WeightScale => _prefix + "weight_scale";

    /// <summary>Second-level scale of an NVFP4 weight.</summary>
    public string WeightScale2 => _prefix + "weight_scale_2";

    /// <summary>Static scale of the activations.</summary>
    public string InputScale => _prefix + "input_scale";

    /// <summary>Packed E2M1 codes, as compressed-tensors names them.</summary>
    public string WeightPacked => _prefix + "weight_packed";

    /// <summary>Inverse second-level scale of compressed-tensors.</summary>
    public string WeightGlobalScale => _prefix + "weight_global_scale";

    /// <summary>Inverse scale of the activations of compressed-tensors.</summary>
    public string InputGlobalScale => _prefix + "input_global_scale";

    /// <summary>Factors on the input that AWQ keeps beside a weight.</summary>
    public string PreQuantScale => _prefix + "pre_quant_scale";

    /// <summary>The tensors of a module: <c>module.weight</c>, <c>module.weight_scale</c> and so on.</summary>
    /// <param name="module">Canonical module name.</param>
    public static WeightNames OfModule(string module) => new(module, $"{module}.weight", $"{module}.");

    /// <summary>The tensors of a parameter that is no module's: <c>experts.up_proj</c>, <c>experts.up_proj_weight_scale</c> and so on.</summary>
    /// <param name="parameter">Canonical name of the parameter.</param>
    public static WeightNames OfParameter(string parameter) => new(parameter, parameter, $"{parameter}_");
}
