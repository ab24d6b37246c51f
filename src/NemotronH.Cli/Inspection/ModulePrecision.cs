using NemotronH.Quantization;

namespace NemotronH.Cli.Inspection;

/// <summary>Which precision the tensors of one module say it is stored in.</summary>
internal static class ModulePrecision
{
    /// <summary>Tensors that belong to a module beside others; any other tensor is a module of its own.</summary>
    private static readonly string[] Parts =
    [
        "weight", "bias", "weight_scale", "weight_scale_2", "input_scale",
        "weight_packed", "weight_global_scale", "input_global_scale", "k_scale", "v_scale",
    ];

    /// <summary>The module that a tensor belongs to.</summary>
    public static string ModuleOf(string tensor)
    {
        int dot = tensor.LastIndexOf('.');
        return dot > 0 && Parts.Contains(tensor[(dot + 1)..]) ? tensor[..dot] : tensor;
    }

    /// <summary>The precision of a module.</summary>
    /// <param name="module">Its name.</param>
    /// <param name="tensors">All of its tensors.</param>
    public static string Of(string module, IReadOnlyCollection<StoredTensorInfo> tensors)
    {
        StoredTensorInfo? Part(string name) => tensors.FirstOrDefault(tensor => tensor.Name == $"{module}.{name}");
        StoredTensorInfo weight = Part("weight_packed") ?? Part("weight") ?? tensors.First();
        return weight.Dtype switch
        {
            StoredDtype.UInt8 when Part("weight_scale") is not null => "nvfp4",
            StoredDtype.Float8E4M3 => "fp8",
            var dtype => dtype.ToString().ToLowerInvariant(),
        };
    }
}
