using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// Linear layers of one input in a decode step, their outputs side by side: one launch where the weights' shapes and layouts allow, else one each.
/// </summary>
public sealed class DeviceLinears : IDisposable
{
    private readonly DeviceWeight[] _weights;
    private readonly Tensor _output;
    private readonly StackedGemm? _stacked;
    private readonly List<(DeviceLinear Linear, Tensor Columns)> _single = [];

    /// <summary>Prepares the layers for a batch size.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="linears">The layers' weights, and biases [N] in bfloat16 or <see langword="null"/>.</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="output">[B, ΣN] float32, where their products go; stays the caller's and outlives this object.</param>
    /// <param name="buffer">The step's buffer; <see langword="null"/> where kernels decode every weight as it lies.</param>
    /// <param name="split">Whether inputs come in two parts; see <see cref="Gemm"/>.</param>
    public DeviceLinears(
        KernelLibrary kernels,
        IReadOnlyList<(DeviceWeight Weight, Tensor? Bias)> linears,
        int tokens,
        Tensor output,
        DequantizationBuffer? buffer,
        bool split = false)
    {
        _weights = [.. linears.Select(linear => linear.Weight)];
        _output = output;
        GemmOperand[] shapes = [.. _weights.Select(GemmOperand.Of)];
        bool asTheyLie = buffer is null || !shapes.Any(DeviceWeights.NeedsDequantizing);
        if (asTheyLie && linears.All(linear => linear.Bias is null) && StackedGemm.Fits(shapes))
        {
            _stacked = new StackedGemm(kernels, shapes, tokens, split);
            return;
        }

        long column = 0;
        foreach ((DeviceWeight weight, Tensor? bias) in linears)
        {
            Tensor columns = output.narrow(1, column, weight.Rows).DetachFromDisposeScope();
            _single.Add((new DeviceLinear(kernels, weight, bias, tokens, GemmEpilogue.Store, buffer, split), columns));
            column += weight.Rows;
        }
    }

    /// <summary>Multiplies: the products of all layers, side by side in the output.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="input">[B, K] bfloat16, in as many parts as the layers were prepared for.</param>
    public void Launch(CudaStream stream, SplitRows input)
    {
        _stacked?.Launch(stream, _weights, input.High, _output, programmatic: true, input.Low);
        foreach ((DeviceLinear linear, Tensor columns) in _single)
        {
            linear.Launch(stream, input, columns);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _single.ForEach(single =>
    {
        single.Linear.Dispose();
        single.Columns.Dispose();
    });
}
