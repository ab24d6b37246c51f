using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>How each row of a step is sampled, on the device: the host writes a row when a sequence takes it, the kernels read.</summary>
/// <remarks>
/// Repetition penalties have no place here: such a sequence's tokens are sampled on the host. Options are float64, as the host's are, so
/// that both sides compute with the same numbers.
/// </remarks>
/// <param name="Temperature">[B] float64; 0 takes the most likely token, and the other options do not matter.</param>
/// <param name="TopK">[B] int32; 0 keeps all.</param>
/// <param name="TopP">[B] float64, more than 0; 1 keeps all.</param>
/// <param name="MinP">[B] float64; 0 keeps all.</param>
/// <param name="Seed">[B] int64, the bits of SplitMix64's seed.</param>
/// <param name="Draws">[B] int64, random numbers that the sequence has drawn; <see cref="AdvanceSequences"/> counts on.</param>
public sealed record SamplingRows(Tensor Temperature, Tensor TopK, Tensor TopP, Tensor MinP, Tensor Seed, Tensor Draws) : IDisposable
{
    /// <summary>Allocates rows that take the most likely token.</summary>
    /// <param name="batch">Rows B.</param>
    /// <param name="device">Where.</param>
    public static SamplingRows Greedy(int batch, Device device) => new(
        zeros(batch, ScalarType.Float64, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int32, device).DetachFromDisposeScope(),
        ones(batch, ScalarType.Float64, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Float64, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int64, device).DetachFromDisposeScope(),
        zeros(batch, ScalarType.Int64, device).DetachFromDisposeScope());

    /// <inheritdoc/>
    public void Dispose()
    {
        Temperature.Dispose();
        TopK.Dispose();
        TopP.Dispose();
        MinP.Dispose();
        Seed.Dispose();
        Draws.Dispose();
    }

    /// <summary>Checks what the kernel reads.</summary>
    internal void Check(int batch)
    {
        TensorCheck.Expect(Temperature, nameof(Temperature), ScalarType.Float64, batch);
        TensorCheck.Expect(TopK, nameof(TopK), ScalarType.Int32, batch);
        TensorCheck.Expect(TopP, nameof(TopP), ScalarType.Float64, batch);
        TensorCheck.Expect(MinP, nameof(MinP), ScalarType.Float64, batch);
        TensorCheck.Expect(Seed, nameof(Seed), ScalarType.Int64, batch);
        TensorCheck.Expect(Draws, nameof(Draws), ScalarType.Int64, batch);
    }
}
