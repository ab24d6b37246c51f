using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One projection of all experts in the compute dtype: one stacked tensor, or the checkpoint's own tensors side by side.</summary>
internal sealed class UnquantizedProjection : ExpertProjection
{
    private readonly Tensor? _stacked;
    private readonly Tensor[] _experts;
    private readonly PanelWeight[]? _panels;
    private readonly long _atOnce;

    private UnquantizedProjection(Tensor? stacked, Tensor[] experts, long atOnce, WeightOptions options)
    {
        _stacked = stacked;
        _experts = experts;
        _panels = PanelWeight.AreFor(options) && experts[0].dtype == ScalarType.Float32 ? Array.ConvertAll(experts, PanelWeight.Pack) : null;
        _atOnce = atOnce;
    }

    /// <inheritdoc/>
    public override string Format => _experts[0].dtype == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <inheritdoc/>
    public override long Bytes => _experts.Sum(expert => expert.NumberOfElements * expert.element_size());

    /// <inheritdoc/>
    public override IReadOnlyList<PanelWeight>? Panels => _panels;

    /// <inheritdoc/>
    public override long ExpertsAtOnce => _atOnce;

    /// <summary>Takes a stack [E, N, K] over.</summary>
    /// <param name="stacked">All experts' weights.</param>
    /// <param name="limit">Bytes of weights to gather at once, unless a single expert has more.</param>
    /// <param name="options">Of the model.</param>
    public static UnquantizedProjection FromStack(Tensor stacked, long limit, WeightOptions options)
    {
        int count = (int)stacked.size(0);
        Tensor[] experts = [.. Enumerable.Range(0, count).Select(e => stacked[e].DetachFromDisposeScope())];
        long bytes = experts[0].NumberOfElements * experts[0].element_size();
        return new(stacked.DetachFromDisposeScope(), experts, Math.Max(1, limit / bytes), options) { Count = count };
    }

    /// <summary>Takes the weights [N, K] of all experts over; they can only be applied one by one.</summary>
    /// <param name="experts">Each expert's weight.</param>
    /// <param name="options">Of the model.</param>
    public static UnquantizedProjection FromExperts(Tensor[] experts, WeightOptions options) =>
        new(null, [.. experts.Select(expert => expert.DetachFromDisposeScope())], 1, options) { Count = experts.Length };

    /// <inheritdoc/>
    public override DeviceWeight OnDevice() =>
        DeviceWeight.Plain("experts", _stacked ?? throw new InvalidOperationException("The experts are not stacked."));

    /// <inheritdoc/>
    public override Tensor Apply(int expert, Tensor input) => nn.functional.linear(input, _experts[expert]);

    /// <inheritdoc/>
    public override Tensor Apply(Tensor experts, Tensor input)
    {
        using Tensor weights = _stacked!.index_select(0, experts);
        using Tensor transposed = weights.transpose(1, 2);
        return matmul(input, transposed);
    }

    /// <inheritdoc/>
    public override Tensor ApplyGrouped(Tensor input, Tensor ends) =>
        AtenOperators.GroupedMatmul(input, _stacked ?? throw new InvalidOperationException("The experts are not stacked."), ends);

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (IDisposable expert in _experts.Concat<IDisposable>(_panels ?? []))
        {
            expert.Dispose();
        }

        _stacked?.Dispose();
    }
}
