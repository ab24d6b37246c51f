namespace NemotronH.Kernels.Cuda;

/// <summary>A mark in a stream that can be waited for and tells when it was reached.</summary>
public sealed class CudaEvent : IDisposable
{
    private const int NotReady = 600;

    private nint _handle;

    private CudaEvent(nint handle) => _handle = handle;

    /// <summary>Whether the work before the mark has ended.</summary>
    /// <exception cref="CudaException">A kernel failed.</exception>
    public bool IsComplete
    {
        get
        {
            int status = CudaDriver.EventQuery(Handle);
            return status != NotReady && (status == 0 ? true : throw CudaException.Of(status, "cuEventQuery", "looking at an event"));
        }
    }

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Makes an event, and its GPU the calling thread's device.</summary>
    public static CudaEvent Create(CudaContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        CudaException.Check(CudaDriver.EventCreate(out nint handle, 0), "cuEventCreate", "making an event");
        return new CudaEvent(handle);
    }

    /// <summary>Sets the mark behind all work that the stream has been given.</summary>
    public void Record(CudaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Record(stream.Handle);
    }

    /// <summary>The time between two marks that have been reached, in milliseconds.</summary>
    /// <param name="since">The earlier mark.</param>
    public float ElapsedMilliseconds(CudaEvent since)
    {
        ArgumentNullException.ThrowIfNull(since);
        int status = CudaDriver.EventElapsedTime(out float milliseconds, since.Handle, Handle);
        CudaException.Check(status, "cuEventElapsedTime", "measuring the time between two events");
        return milliseconds;
    }

    /// <summary>Waits until the mark is reached.</summary>
    public void Synchronize() => CudaException.Check(CudaDriver.EventSynchronize(Handle), "cuEventSynchronize", "waiting for an event");

    /// <summary>Lets the event go.</summary>
    public void Dispose()
    {
        if (_handle != 0)
        {
            _ = CudaDriver.EventDestroy(_handle);
            _handle = 0;
        }
    }

    internal void Record(nint stream) => CudaException.Check(CudaDriver.EventRecord(Handle, stream), "cuEventRecord", "recording an event");
}
