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
    private readonly Tensor? _resident;
    private readonly int _packedRowsPerExpert;

    private QuantizedProjection(
        QuantizedWeight? stack,
        QuantizedWeight[] experts,
        DequantizationWorkspace workspace,
        ScalarType dtype,
        WeightOptions? options = null,
        Tensor? resident = null)
    {
        bool grouped = options?.Groups(experts[0].Rows, experts[0].Columns) ?? false;
        _packedRowsPerExpert = options?.PackedRowsPerExpert ?? 0;
        _resident = resident;
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
            workspace.Reserve(dtype, matrix * experts.Length, grouped && resident is null ? matrix * experts.Length : matrix);
        }
    }

    /// <inheritdoc/>
    public override string Format => _experts[0].Format;

    /// <inheritdoc/>
    public override long Bytes =>
        (_stack?.Bytes ?? _experts.Sum(expert => expert.Bytes)) + (_resident is null ? 0 : _resident.NumberOfElements * _resident.element_size());

    /// <inheritdoc/>
    public override long ExpertsAtOnce => _workspace.Fits(_dtype, _experts[0].Rows * _experts[0].Columns);

    /// <summary>Takes a stack of all experts' weights over.</summary>
    /// <param name="stack">[E, N, K].</param>
    /// <param name="loader">The model's weight loader: what for, and where pieces are dequantised.</param>
    public static QuantizedProjection FromStack(QuantizedWeight stack, WeightLoader loader)
    {
        WeightOptions options = loader.Options;
        Tensor? resident = options.ResidentExperts && options.Groups(stack.Rows, stack.Columns) ? Dequantized(stack, options) : null;
        QuantizedWeight[] experts = [.. Enumerable.Range(0, (int)stack.Count!).Select(stack.Matrix)];
        return new(stack, experts, loader.Workspace, options.ComputeDtype, options, resident) { Count = experts.Length };
    }

    /// <summary>Takes the weights of all experts over; they can only be applied one by one.</summary>
    /// <param name="experts">Each expert's weight, [N, K].</param>
    /// <param name="workspace">The model's workspace.</param>
    /// <param name="dtype">Compute dtype.</param>
    public static QuantizedProjection FromExperts(QuantizedWeight[] experts, DequantizationWorkspace workspace, ScalarType dtype) =>
        new(null, experts, workspace, dtype) { Count = experts.Length };

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
        bool isShort = input.size(0) <= (long)_packedRowsPerExpert * Count;
        if (isShort && bank.MultiplyGrouped(input, ends) is { } product)
        {
            return product;
        }

        if (_resident is not null)
        {
            return AtenOperators.GroupedMatmul(input, _resident, ends);
        }

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
        _resident?.Dispose();
    }

    private static Tensor Dequantized(QuantizedWeight stack, WeightOptions options)
    {
        Tensor target = empty([stack.Count!.Value, stack.Rows, stack.Columns], options.ComputeDtype, options.Device);
        stack.DequantizeStack(target);
        return target.DetachFromDisposeScope();
    }
}
