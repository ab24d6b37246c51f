using NemotronH.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>Convolution and SSM states of one Mamba layer, one slot a sequence.</summary>
public sealed class MambaStates : IDisposable
{
    internal MambaStates(MambaConfig config, CacheOptions options)
    {
        Conv = zeros([options.MaxSequences, config.ConvKernel - 1, config.ConvDim], options.ConvDtype, options.Device);
        Ssm = zeros([options.MaxSequences, config.NumHeads, config.HeadDim, config.StateSize], ScalarType.Float32, options.Device);
    }

    /// <summary>The last inputs of the convolution, before its activation: [slots, conv_kernel − 1, conv_dim], oldest first.</summary>
    public Tensor Conv { get; }

    /// <summary>The recurrent state in float32: [slots, heads, head_dim, state].</summary>
    public Tensor Ssm { get; }

    internal void Reset(int slot)
    {
        using var scope = NewDisposeScope();
        Conv[slot].zero_();
        Ssm[slot].zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Conv.Dispose();
        Ssm.Dispose();
    }
}
