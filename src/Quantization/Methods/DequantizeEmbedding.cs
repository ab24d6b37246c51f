using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>An embedding table that stays FP8 or NVFP4 in memory; only the rows that are looked up are dequantised.</summary>
/// <param name="module">Canonical module name.</param>
/// <param name="rows">Vocabulary size V.</param>
/// <param name="features">Width H of an embedding.</param>
public sealed class DequantizeEmbedding(string module, int rows, int features) : EmbeddingMethod(module, rows, features)
{
    private QuantizedWeight? _weight;
    private DequantizationWorkspace? _workspace;
    private ScalarType _computeDtype;

    /// <inheritdoc/>
    public override string Format => _weight!.Format;

    /// <inheritdoc/>
    public override long WeightBytes => _weight?.Bytes ?? 0;

    /// <inheritdoc/>
    public override DeviceWeight DeviceWeight => _weight!.OnDevice();

    /// <inheritdoc/>
    public override void Load(WeightLoader loader)
    {
        _weight = loader.LoadQuantized(WeightNames.OfModule(ModuleName), Rows, Features);
        _workspace = loader.Workspace;
        _computeDtype = loader.Options.ComputeDtype;
        QuantizedProduct.Reserve(_workspace, _weight, _computeDtype);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        Tensor output = empty([input.size(0), Features], _computeDtype, input.device);
        _weight!.LookUp(input, output);
        return output;
    }

    /// <inheritdoc/>
    public override Tensor Score(Tensor hidden) => QuantizedProduct.Linear(hidden, _weight!, _workspace!);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight?.Dispose();
        }

        base.Dispose(disposing);
    }
}
