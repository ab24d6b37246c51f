namespace NemotronH.Benchmarks;

/// <summary>One kind of kernel, timed by a graph of a step's launches of it: those of different layers read different weights.</summary>
/// <param name="Name">The kernel, and the projection that it belongs to.</param>
/// <param name="Launches">How often a step launches it.</param>
/// <param name="StepMicroseconds">All of a step's launches.</param>
/// <param name="Bytes">
/// Bytes that a step's launches move: weights, as stored or in a buffer, states, keys and values; <see langword="null"/> where there are only activations.
/// </param>
/// <param name="StreamFraction">Those bytes in that time, relative to the bandwidth of a large copy.</param>
public sealed record KernelProfile(string Name, int Launches, double StepMicroseconds, double? Bytes, double? StreamFraction)
{
    /// <summary>One launch.</summary>
    public double LaunchMicroseconds => StepMicroseconds / Launches;
}
