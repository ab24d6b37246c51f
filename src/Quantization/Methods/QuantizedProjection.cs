using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One projection of all experts that stays quantised; the weights of active experts are dequantised into the shared buffer.</summary>
internal sealed class QuantizedProjection : ExpertProjection
{
    private readonly QuantizedWeight? _stack;
    private readonly QuantizedWeight[] _experts;
    private readonly DequantizationWorkspace _workspace;
    private readonly ScalarType _dtype;

    private QuantizedProjection(QuantizedWeight? stack, QuantizedWeight[] experts, DequantizationWorkspace workspace, ScalarType dtype, bool grouped)
    {
        _stack = stack;
        _experts = experts;
        _workspace = workspace;
        _dtype = dtype;
        long matrix = experts[0].Rows * experts[0].Columns;
        if (stack is null)
        {
            QuantizedProduct.Reserve(workspace, experts[0], dtype);
        }
        else
        {
            workspace.Reserve(dtype, matrix * experts.Length, grouped ? matrix * experts.Length : matrix);
        }
    }

    /// <inheritdoc/>
    public override string Format => _experts[0].Format;

    /// <inheritdoc/>
    public override long Bytes => _stack?.Bytes ?? _experts.Sum(expert => expert.Bytes);

    /// <inheritdoc/>
    public override long ExpertsAtOnce => _workspace.Fits(_dtype, _experts[0].Rows * _experts[0].Columns);

    /// <summary>Takes a stack of all experts' weights over.</summary>
    /// <param name="stack">[E, N, K].</param>
    /// <param name="workspace">The model's workspace.</param>
    /// <param name="dtype">Compute dtype.</param>
    /// <param name="grouped">Whether all experts' weights are to fit the buffer at once, for <see cref="ApplyGrouped"/>.</param>
    public static QuantizedProjection FromStack(QuantizedWeight stack, DequantizationWorkspace workspace, ScalarType dtype, bool grouped)
    {
        int count = (int)stack.Count!;
        return new(stack, [.. Enumerable.Range(0, count).Select(stack.Matrix)], workspace, dtype, grouped) { Count = count };
    }

    /// <summary>Takes the weights of all experts over; they can only be applied one by one.</summary>
    /// <param name="experts">Each expert's weight, [N, K].</param>
    /// <param name="workspace">The model's workspace.</param>
    /// <param name="dtype">Compute dtype.</param>
    public static QuantizedProjection FromExperts(QuantizedWeight[] experts, DequantizationWorkspace workspace, ScalarType dtype) =>
        new(null, experts, workspace, dtype, grouped: false) { Count = experts.Length };

    /// <inheritdoc/>
    public override DeviceWeight OnDevice() => _stack?.OnDevice() ?? throw new InvalidOperationException("The experts are not stacked.");

    /// <inheritdoc/>
    public override Tensor Apply(int expert, Tensor input) => QuantizedProduct.Linear(input, _experts[expert], _workspace);

    /// <inheritdoc/>
    public override Tensor Apply(Tensor experts, Tensor input)
    {
        using Tensor weights = _workspace.Take(_dtype, experts.size(0), _stack!.Rows, _stack.Columns);
        _stack.DequantizeMatrices(experts, weights);
        using Tensor transposed = weights.transpose(1, 2);
        return matmul(input, transposed);
    }

    /// <inheritdoc/>
    public override Tensor ApplyGrouped(Tensor input, Tensor ends)
    {
        QuantizedWeight bank = _stack ?? throw new InvalidOperationException("The experts are not stacked.");
        using Tensor weights = _workspace.Take(_dtype, Count, bank.Rows, bank.Columns);
        bank.DequantizeStack(weights);
        return AtenOperators.GroupedMatmul(input, weights, ends);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (QuantizedWeight expert in _experts)
        {
            expert.Dispose();
        }

        _stack?.Dispose();
    }
}
