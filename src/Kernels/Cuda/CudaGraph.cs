using System.Runtime.ExceptionServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>Work recorded from a stream instead of being run.</summary>
/// <remarks>
/// A graph holds the addresses of what it reads and writes. It keeps the objects it is given alive until it and all that was made of it
/// are disposed of, whether anything else refers to them or not; a graph that is never disposed of keeps them for ever.
/// </remarks>
public sealed class CudaGraph : IDisposable
{
    private const int ThreadLocal = 1;

    private readonly CudaContext _context;
    private readonly GraphRoot _root;
    private nint _handle;

    private unsafe CudaGraph(CudaContext context, nint handle, GraphRoot root)
    {
        (_context, _handle, _root) = (context, handle, root);
        nuint count = 0;
        CudaException.Check(CudaDriver.GraphGetNodes(handle, null, ref count), "cuGraphGetNodes", "counting a graph's nodes");
        NodeCount = (int)count;
    }

    /// <summary>The number of kernels, copies and fills recorded.</summary>
    public int NodeCount { get; }

    /// <summary>Records what an action queues on a stream, by launches of kernels and by operations of libtorch.</summary>
    /// <param name="stream">The stream; libtorch's operations on the calling thread go to it meanwhile.</param>
    /// <param name="record">
    /// The work. It must not wait for the GPU, read a tensor's value or free GPU memory. It writes only to memory that was there before:
    /// libtorch gives the memory of what is allocated and freed in here to others. Everything should have run once on this stream before,
    /// as libraries set themselves up in their first call.
    /// </param>
    /// <param name="keepAlive">Everything whose memory the recorded work uses: tensors, pinned buffers.</param>
    /// <exception cref="CudaException">The work cannot be recorded. The stream records no longer and can be used again.</exception>
    public static CudaGraph Capture(CudaStream stream, Action record, IEnumerable<object> keepAlive)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(keepAlive);
        object[] objects = [.. keepAlive];
        stream.Context.MakeCurrent();
        using IDisposable? guard = LibTorch.Loaded.HasCuda ? stream.UseForTorch() : null;
        int status = CudaDriver.StreamBeginCapture(stream.Handle, ThreadLocal);
        CudaException.Check(status, "cuStreamBeginCapture", "beginning to record a graph");
        nint graph = Finish(stream, Try(record));
        return new CudaGraph(stream.Context, graph, new GraphRoot(objects));
    }

    /// <summary>Makes the graph ready to run.</summary>
    /// <returns>An independent object: either may be disposed of first.</returns>
    public CudaGraphExec Instantiate()
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        _context.MakeCurrent();
        int status = CudaDriver.GraphInstantiate(out nint executable, _handle, 0);
        CudaException.Check(status, "cuGraphInstantiate", $"making a graph of {NodeCount} nodes ready to run");
        return new CudaGraphExec(_context, executable, _root);
    }

    /// <summary>Lets the graph go.</summary>
    public void Dispose()
    {
        if (_handle != 0)
        {
            _ = CudaDriver.GraphDestroy(_handle);
            _handle = 0;
            _root.Release();
        }
    }

    /// <summary>Runs the action and returns what it threw.</summary>
    private static Exception? Try(Action record)
    {
        try
        {
            record();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>Ends the recording in every case, as a stream that records can do nothing else.</summary>
    private static nint Finish(CudaStream stream, Exception? failure)
    {
        int status = CudaDriver.StreamEndCapture(stream.Handle, out nint graph);
        if (failure is null && status == 0)
        {
            return graph;
        }

        if (graph != 0)
        {
            _ = CudaDriver.GraphDestroy(graph);
        }

        if (failure is null)
        {
            throw CudaException.Of(status, "cuStreamEndCapture", "recording a graph");
        }

        if (status == 0)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        throw new CudaException(
            $"A graph cannot be recorded: {failure.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.')}; " +
            $"cuStreamEndCapture returned {CudaException.Describe(status)}.",
            failure);
    }
}
