using System.Collections.Immutable;

namespace NemotronH.Configuration;

/// <summary>
/// How large a model is: its parameters, the bytes of its weights and of what each sequence keeps, by arithmetic from its configuration alone.
/// Multi-token-prediction blocks do not count, they are not run.
/// </summary>
/// <remarks>
/// Byte sizes in 8 and 4 bits suppose that every linear layer is quantised, and nothing else; released checkpoints leave some of them in
/// bfloat16. The two scalars of each quantised layer (8 bytes) are left out.
/// </remarks>
public sealed class ModelFootprint
{
    private const int SsmElementSize = sizeof(float);

    private readonly ParameterCount _parameters;
    private readonly long _convStateElements;
    private readonly long _keyValueElementsPerToken;

    private ModelFootprint(NemotronHConfig config)
    {
        ParameterCount embeddings = checked(new(0, ((config.TieWordEmbeddings ? 1L : 2) * config.VocabSize * config.HiddenSize) + config.HiddenSize));
        ImmutableSortedDictionary<LayerKind, ParameterCount> byKind = CountKinds(config, config.Moe?.NumExperts ?? 0);
        _parameters = Sum(byKind, embeddings);
        EmbeddingParameters = embeddings.Total;
        ParametersByKind = byKind.ToImmutableSortedDictionary(entry => entry.Key, entry => entry.Value.Total);
        ActiveParameters = Sum(CountKinds(config, config.Moe?.TopK ?? 0), embeddings).Total;

        long mambaLayers = config.Layers.Count(kind => kind == LayerKind.Mamba);
        long attentionLayers = config.Layers.Count(kind => kind == LayerKind.Attention);
        checked
        {
            SsmStateBytes = config.Mamba is { } ssm ? mambaLayers * ssm.InnerSize * ssm.StateSize * SsmElementSize : 0;
            _convStateElements = config.Mamba is { } conv ? mambaLayers * (conv.ConvKernel - 1) * conv.ConvDim : 0;
            _keyValueElementsPerToken = config.Attention is { } a ? attentionLayers * 2 * a.NumKeyValueHeads * a.HeadDim : 0;
        }
    }

    /// <summary>All parameters, multi-token prediction excluded.</summary>
    public long Parameters => _parameters.Total;

    /// <summary>Parameters that take part in computing one token: all but the experts it is not routed to. Embeddings count in full.</summary>
    public long ActiveParameters { get; }

    /// <summary>Parameters of the embedding, the final norm and, where it is not tied, the output head.</summary>
    public long EmbeddingParameters { get; }

    /// <summary>Parameters of all blocks of each kind that the model has, norms included.</summary>
    public IReadOnlyDictionary<LayerKind, long> ParametersByKind { get; }

    /// <summary>Bytes of the weights in bfloat16.</summary>
    public long BFloat16Bytes => _parameters.Bytes(16);

    /// <summary>Bytes of the weights with the linear layers in 8 bits.</summary>
    public long Float8Bytes => _parameters.Bytes(8);

    /// <summary>Bytes of the weights with the linear layers in NVFP4: 4 bits and an 8-bit scale for each 16, so 0.5625 bytes each.</summary>
    public long Nvfp4Bytes => _parameters.Bytes(4.5m);

    /// <summary>Bytes of the float32 SSM states of one sequence, however long.</summary>
    public long SsmStateBytes { get; }

    /// <summary>Computes the footprint of a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <returns>The footprint.</returns>
    /// <exception cref="OverflowException">
    /// The sizes multiply to more than 64 bits hold; <see cref="NemotronHConfigReader"/> returns no such configuration.
    /// </exception>
    public static ModelFootprint Of(NemotronHConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new ModelFootprint(config);
    }

    /// <summary>Bytes of the convolution states of one sequence, however long.</summary>
    /// <param name="bytesPerElement">2 for bfloat16, 4 for float32.</param>
    /// <returns>Bytes.</returns>
    public long ConvStateBytes(int bytesPerElement) => checked(_convStateElements * bytesPerElement);

    /// <summary>Bytes of the attention keys and values of one sequence.</summary>
    /// <param name="tokens">Length of the sequence.</param>
    /// <param name="bytesPerElement">2 for bfloat16, 1 for FP8.</param>
    /// <returns>Bytes.</returns>
    public long KeyValueBytes(long tokens, int bytesPerElement) => checked(_keyValueElementsPerToken * tokens * bytesPerElement);

    private static ParameterCount Sum(ImmutableSortedDictionary<LayerKind, ParameterCount> byKind, ParameterCount start) =>
        byKind.Values.Aggregate(start, (sum, count) => sum + count);

    private static ImmutableSortedDictionary<LayerKind, ParameterCount> CountKinds(NemotronHConfig config, int experts)
    {
        Dictionary<LayerKind, ParameterCount> counts = [];
        int mlpIndex = 0;
        foreach (LayerKind kind in config.Layers)
        {
            ParameterCount block = kind switch
            {
                LayerKind.Mamba => BlockParameters.Mamba(config.HiddenSize, config.Mamba!),
                LayerKind.Attention => BlockParameters.Attention(config.HiddenSize, config.Attention!),
                LayerKind.Mlp => BlockParameters.Mlp(config.HiddenSize, config.Mlp!.IntermediateSizes[mlpIndex++], config.Mlp.Bias),
                _ => BlockParameters.MixtureOfExperts(config.HiddenSize, config.Moe!, experts),
            };
            counts[kind] = counts.GetValueOrDefault(kind) + block;
        }

        return counts.ToImmutableSortedDictionary();
    }
}
