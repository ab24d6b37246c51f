using NemotronH.Kernels.Cuda.Products;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>An embedding table held in the compute dtype (bfloat16 or float32).</summary>
/// <param name="module">Canonical module name.</param>
/// <param name="rows">Vocabulary size V.</param>
/// <param name="features">Width H of an embedding.</param>
public sealed class UnquantizedEmbedding(string module, int rows, int features) : EmbeddingMethod(module, rows, features)
{
    [ComponentName(Name = "weight")]
    private Tensor? _weight;

    /// <inheritdoc/>
    public override string Format => _weight?.dtype == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <inheritdoc/>
    public override long WeightBytes => _weight is null ? 0 : _weight.NumberOfElements * _weight.element_size();

    /// <inheritdoc/>
    public override DeviceWeight DeviceWeight => DeviceWeight.Plain(ModuleName, _weight!);

    /// <inheritdoc/>
    public override void Load(WeightLoader loader)
    {
        _weight = loader.Load($"{ModuleName}.weight", loader.Options.ComputeDtype, Rows, Features);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => _weight!.index_select(0, input);

    /// <inheritdoc/>
    public override Tensor Score(Tensor hidden) => nn.functional.linear(hidden, _weight!);
}
