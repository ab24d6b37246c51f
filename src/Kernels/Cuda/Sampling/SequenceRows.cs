using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Where the sequences of a batch stand, on the device.</summary>
/// <param name="Slots">[B] int32, state slots; padding rows, and those of finished sequences, have the dummy slot.</param>
/// <param name="TokenIds">[B] int32, the tokens that the step decodes.</param>
/// <param name="Positions">[B] int32, their places in their sequences.</param>
/// <param name="Finished">[B] int32, a <see cref="SequenceState"/> each.</param>
/// <param name="EndTokens">[B, N] int32, tokens that end each sequence; −1 in unused places.</param>
/// <param name="Limits">[B] int32, the length, prompt and generated tokens, at which each ends.</param>
public sealed record SequenceRows(
    Tensor Slots, Tensor TokenIds, Tensor Positions, Tensor Finished, Tensor EndTokens, Tensor Limits) : IDisposable
{
    /// <summary>Allocates rows that are all padding.</summary>
    /// <param name="batch">Rows B.</param>
    /// <param name="endTokens">Places for end tokens, N.</param>
    /// <param name="dummySlot">The slot of padding rows.</param>
    /// <param name="device">Where.</param>
    public static SequenceRows Padding(int batch, int endTokens, int dummySlot, Device device) => new(
        full(batch, dummySlot, ScalarType.Int32, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int32, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int32, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int32, device).DetachFromDisposeScope(),
        full(batch, endTokens, -1, ScalarType.Int32, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int32, device).DetachFromDisposeScope());

    /// <inheritdoc/>
    public void Dispose()
    {
        Slots.Dispose();
        TokenIds.Dispose();
        Positions.Dispose();
        Finished.Dispose();
        EndTokens.Dispose();
        Limits.Dispose();
    }

    /// <summary>Checks what the kernels read.</summary>
    internal void Check(int batch)
    {
        TensorCheck.Expect(Slots, nameof(Slots), ScalarType.Int32, batch);
        TensorCheck.Expect(TokenIds, nameof(TokenIds), ScalarType.Int32, batch);
        TensorCheck.Expect(Positions, nameof(Positions), ScalarType.Int32, batch);
        TensorCheck.Expect(Finished, nameof(Finished), ScalarType.Int32, batch);
        TensorCheck.Expect(EndTokens, nameof(EndTokens), ScalarType.Int32, batch, TensorCheck.Any);
        TensorCheck.Expect(Limits, nameof(Limits), ScalarType.Int32, batch);
    }
}
