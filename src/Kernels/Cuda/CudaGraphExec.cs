namespace NemotronH.Kernels.Cuda;

/// <summary>A recorded graph, ready to run as one piece of work.</summary>
public sealed class CudaGraphExec : IDisposable
{
    private readonly CudaContext _context;
    private readonly GraphRoot _root;
    private nint _handle;

    internal CudaGraphExec(CudaContext context, nint handle, GraphRoot root) =>
        (_context, _handle, _root) = (context, handle, root.Share());

    /// <summary>Queues one run on a stream; allocates nothing. Runs of one graph follow each other.</summary>
    /// <exception cref="CudaException">The driver refuses, or an earlier run failed.</exception>
    public void Launch(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CudaException.Check(CudaDriver.GraphLaunch(Handle(), stream.Handle), "cuGraphLaunch", "launching a graph");
    }

    /// <summary>Waits for the GPU and lets the graph go.</summary>
    public void Dispose()
    {
        if (_handle != 0)
        {
            // Only when no run is under way may what it reads and writes be freed.
            _context.MakeCurrent();
            _ = CudaDriver.ContextSynchronize();
            _ = CudaDriver.GraphExecDestroy(_handle);
            _handle = 0;
            _root.Release();
        }
    }

    private nint Handle()
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        return _handle;
    }
}
