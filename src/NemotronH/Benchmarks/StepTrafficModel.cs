using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Configuration;

namespace NemotronH.Benchmarks;

/// <summary>
/// Counts the bytes of a decode step. Every weight that is used is read once; of routed experts, as many as tokens that choose independently and
/// uniformly are expected to hit: E · (1 − (1 − k/E)^B). States are read and written, keys and values of the context read.
/// </summary>
/// <remarks>
/// Where weights are dequantised into a buffer, their numbers are written and read as well: the buffer is taken to be too large for the
/// second-level cache, which need not be so for small matrices.
/// </remarks>
/// <param name="config">The model's shape.</param>
/// <param name="weights">Its weights.</param>
/// <param name="keyValueBytes">Bytes of a cached key's or value's element.</param>
/// <param name="elementBytes">Bytes of a number of the compute dtype, of which the buffer is, too.</param>
/// <param name="convBytes">Bytes of a number of the convolution states.</param>
internal sealed class StepTrafficModel(NemotronHConfig config, WeightInventory weights, int keyValueBytes, int elementBytes, int convBytes)
{
    private readonly ModelFootprint _footprint = ModelFootprint.Of(config);

    /// <summary>Routed experts of a block that a batch is expected to hit.</summary>
    /// <param name="moe">Sizes of the mixture.</param>
    /// <param name="batch">Tokens B.</param>
    public static double ExpectedExperts(MoeConfig moe, int batch) =>
        moe.NumExperts * (1 - Math.Pow(1 - ((double)moe.TopK / moe.NumExperts), batch));

    /// <summary>The bytes of a step.</summary>
    /// <param name="batch">Sequences B.</param>
    /// <param name="context">Tokens of each.</param>
    /// <param name="buffered">Whether quantised weights are dequantised into a buffer.</param>
    public StepTraffic Of(int batch, int context, bool buffered)
    {
        double usedExperts = config.Moe is { } moe ? ExpectedExperts(moe, batch) / moe.NumExperts : 0;
        return new StepTraffic
        {
            Mamba = Linear(LayerKind.Mamba),
            Attention = Linear(LayerKind.Attention),
            Mlp = Linear(LayerKind.Mlp),
            Shared = Linear(LayerKind.MixtureOfExperts),
            Experts = usedExperts * Sum(buffered, planned => planned.Role == TensorRole.ExpertWeight),
            Router = Sum(buffered, planned => planned.Role is TensorRole.RouterWeight or TensorRole.RouterBias),
            Head = Sum(buffered, planned => planned.Role == (config.TieWordEmbeddings ? TensorRole.Embedding : TensorRole.Head)),
            SsmState = 2.0 * batch * _footprint.SsmStateBytes,
            ConvState = 2.0 * batch * _footprint.ConvStateBytes(convBytes),
            KeyValues = (double)batch * _footprint.KeyValueBytes(context, keyValueBytes),
            Other = Vectors(batch),
        };

        double Linear(LayerKind kind) => Sum(buffered, planned => planned.Role == TensorRole.LinearWeight && planned.LayerKind == kind);
    }

    /// <summary>What all caches of a model take.</summary>
    /// <param name="caches">Their sizes.</param>
    public long CacheBytes(CacheOptions caches) =>
        _footprint.KeyValueBytes((long)caches.Pages * caches.PageSize, keyValueBytes)
        + (caches.MaxSequences * (_footprint.SsmStateBytes + _footprint.ConvStateBytes(convBytes)));

    private double Sum(bool buffered, Func<PlannedTensor, bool> which) => weights.Weights.Where(weight => which(weight.Planned))
        .Sum(weight => weight.Bytes + (buffered && weight.IsQuantized ? 2.0 * elementBytes * weight.Planned.ElementCount : 0));

    private double Vectors(int batch) => weights.Weights.Sum(weight => weight.Planned.Role switch
    {
        TensorRole.Embedding => (double)weight.Bytes / config.VocabSize * batch,
        TensorRole.Head or TensorRole.LinearWeight or TensorRole.ExpertWeight or TensorRole.RouterWeight or TensorRole.RouterBias => 0,
        _ => weight.Bytes,
    });
}
