using System.Collections.Concurrent;

namespace NemotronH.Kernels.Cuda;

/// <summary>This library's kernels on one GPU, compiled when first asked for and kept in the user's cache.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class KernelLibrary
{
    private readonly SourceSet _sources;
    private readonly CubinCache _cache;
    private readonly ConcurrentDictionary<KernelSource, Lazy<nint>> _modules = new();
    private readonly ConcurrentDictionary<(KernelSource Source, string Name), CudaFunction> _functions = new();

    /// <summary>Opens the library for a GPU; compiles nothing yet. A GPU's own is <see cref="CudaContext.Kernels"/>.</summary>
    internal KernelLibrary(CudaContext context)
        : this(context, SourceSet.Embedded, CubinCache.ForThisUser())
    {
    }

    internal KernelLibrary(CudaContext context, SourceSet sources, CubinCache cache)
    {
        ArgumentNullException.ThrowIfNull(context);
        (Context, _sources, _cache) = (context, sources, cache);
    }

    /// <summary>The GPU.</summary>
    public CudaContext Context { get; }

    /// <summary>A kernel. The first call for a source compiles it or reads it from the cache, and loads it.</summary>
    /// <param name="source">The file and its macros.</param>
    /// <param name="kernelName">The kernel's <c>extern "C"</c> name.</param>
    /// <returns>The kernel; its GPU is the calling thread's device then.</returns>
    /// <exception cref="CudaException">The source does not compile (the message holds the log), or has no such kernel.</exception>
    public CudaFunction Get(KernelSource source, string kernelName)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(kernelName);
        Context.MakeCurrent();
        return _functions.GetOrAdd((source, kernelName), key => Load(key.Source, key.Name));
    }

    private CudaFunction Load(KernelSource source, string kernelName)
    {
        nint module = _modules.GetOrAdd(source, key => new Lazy<nint>(() => LoadModule(key))).Value;
        int status = CudaDriver.ModuleGetFunction(out nint function, module, kernelName);
        CudaException.Check(status, "cuModuleGetFunction", $"looking for the kernel {kernelName} in {source}");
        return new CudaFunction(Context, kernelName, function);
    }

    private unsafe nint LoadModule(KernelSource source)
    {
        fixed (byte* image = Cubin(source))
        {
            CudaException.Check(CudaDriver.ModuleLoadData(out nint module, image), "cuModuleLoadData", $"loading {source}");
            return module;
        }
    }

    private byte[] Cubin(KernelSource source)
    {
        string key = Key(source);
        if (_cache.Find(key) is { } cached)
        {
            return cached;
        }

        byte[] cubin = NvrtcCompiler.Compile(_sources, source, Context.Architecture);
        _cache.Store(key, cubin);
        return cubin;
    }

    private string Key(KernelSource source) =>
        CubinCache.Key(_sources, source, NvrtcCompiler.Options(Context.Architecture, source), NvrtcCompiler.Description!.Version);
}
