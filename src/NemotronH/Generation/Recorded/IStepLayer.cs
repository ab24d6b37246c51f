using NemotronH.Kernels.Cuda;

namespace NemotronH.Generation.Recorded;

/// <summary>A part of a decode step of one batch size: a fixed number of launches over memory that does not move.</summary>
internal interface IStepLayer : IDisposable
{
    /// <summary>Queues its launches.</summary>
    /// <param name="stream">The stream, which may be recording a graph.</param>
    void Launch(CudaStream stream);
}
