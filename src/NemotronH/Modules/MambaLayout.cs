using NemotronH.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>What all Mamba layers need to know of a batch's prompt pieces, made once a pass.</summary>
internal sealed class MambaLayout : IDisposable
{
    /// <summary>Lays out prompt pieces.</summary>
    /// <param name="config">Shape of the layers.</param>
    /// <param name="pieces">At least one, in the order of their rows from row 0.</param>
    /// <param name="device">Device of the model.</param>
    public MambaLayout(MambaConfig config, IReadOnlyList<SequenceSpan> pieces, Device device)
    {
        Slots = [.. pieces.Select(piece => piece.Sequence.Slot)];
        Scan = new ScanLayout([.. pieces.Select(piece => piece.Count)], config.ChunkSize, device);
        Convolution = pieces.Count > 1 ? new ConvolutionLayout(pieces, config.ConvKernel, device) : null;
    }

    /// <summary>Each piece's state slot.</summary>
    public IReadOnlyList<int> Slots { get; }

    /// <summary>The pieces in chunks.</summary>
    public ScanLayout Scan { get; }

    /// <summary>The pieces behind their states; <see langword="null"/> for one piece, which needs no order.</summary>
    public ConvolutionLayout? Convolution { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Scan.Dispose();
        Convolution?.Dispose();
    }
}
