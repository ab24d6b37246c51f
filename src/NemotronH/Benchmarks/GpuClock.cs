using NemotronH.Kernels.Cuda;

namespace NemotronH.Benchmarks;

/// <summary>Times what a stream does, by marks in the stream itself.</summary>
internal static class GpuClock
{
    /// <summary>Times work and waits for it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="queue">Queues the work.</param>
    /// <returns>Milliseconds between the beginning and the end of the work on the GPU.</returns>
    public static double Time(CudaStream stream, Action queue)
    {
        using var start = CudaEvent.Create(stream.Context);
        using var end = CudaEvent.Create(stream.Context);
        start.Record(stream);
        queue();
        end.Record(stream);
        end.Synchronize();
        return end.ElapsedMilliseconds(start);
    }
}
