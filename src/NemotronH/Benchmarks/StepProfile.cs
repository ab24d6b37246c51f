using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>The kernels of a decode step, each kind timed alone.</summary>
/// <param name="Method">How NVFP4 weights were applied.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="StepMicroseconds">The whole step, as measured.</param>
/// <param name="Kernels">Each kind, in the order of the step.</param>
public sealed record StepProfile(Nvfp4Method Method, int Batch, double StepMicroseconds, IReadOnlyList<KernelProfile> Kernels)
{
    /// <summary>What all kinds take one after the other.</summary>
    public double SumMicroseconds => Kernels.Sum(kernel => kernel.StepMicroseconds);
}
