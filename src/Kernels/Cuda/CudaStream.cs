using System.Diagnostics.CodeAnalysis;

namespace NemotronH.Kernels.Cuda;

/// <summary>A queue of work on a GPU; what it is given runs in order.</summary>
/// <remarks>
/// Unless it joins the default stream, it does not wait for that one, on which libtorch works unless told otherwise, nor does that wait for it: use
/// <see cref="UseForTorch"/> for what libtorch does in between. One thread at a time may use a stream.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A stream is what CUDA calls it.")]
public sealed class CudaStream : IDisposable
{
    private const uint NonBlocking = 1;

    /// <summary>The driver's name for the default stream (CU_STREAM_LEGACY).</summary>
    private const nint Legacy = 1;

    private nint _handle;

    private CudaStream(CudaContext context, nint handle) => (Context, _handle) = (context, handle);

    /// <summary>The GPU that it is on.</summary>
    public CudaContext Context { get; }

    /// <summary>The driver's handle.</summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Makes a stream, and its GPU the calling thread's device.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="joinsDefault">
    /// Whether it and the default stream wait for one another, so that operations of libtorch before and after its work need no care.
    /// </param>
    public static CudaStream Create(CudaContext context, bool joinsDefault = false)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        CudaException.Check(CudaDriver.StreamCreate(out nint handle, joinsDefault ? 0 : NonBlocking, 0), "cuStreamCreateWithPriority", "making a stream");
        return new CudaStream(context, handle);
    }

    /// <summary>The default stream, on which libtorch works unless told otherwise; disposing of it does nothing.</summary>
    /// <param name="context">The GPU, made the calling thread's device.</param>
    public static CudaStream Default(CudaContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        return new CudaStream(context, Legacy);
    }

    /// <summary>Waits until all of its work has ended.</summary>
    /// <exception cref="CudaException">A kernel failed, or the stream is recording a graph.</exception>
    public void Synchronize() =>
        CudaException.Check(CudaDriver.StreamSynchronize(Handle), "cuStreamSynchronize", $"waiting for a stream of {Context}");

    /// <summary>Makes libtorch's operations on the calling thread go to this stream until the result is disposed of.</summary>
    /// <returns>A guard to be disposed of on the same thread, the innermost first.</returns>
    /// <exception cref="CudaException">libtorch is for the CPU only.</exception>
    public IDisposable UseForTorch() => new TorchStreamGuard(Handle, Context.DeviceIndex);

    /// <summary>Lets the stream go; work that it was given still runs to its end.</summary>
    public void Dispose()
    {
        if (_handle is not (0 or Legacy))
        {
            _ = CudaDriver.StreamDestroy(_handle);
            _handle = 0;
        }
    }
}
