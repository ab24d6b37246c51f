using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>A run over the kernels of these tests, which are compiled into a cache of its own.</summary>
internal sealed class GpuSession : IDisposable
{
    // The run first: it skips the test where there is no GPU, and nothing is to be left behind then.
    private readonly KernelRun _run = new();
    private readonly TemporaryDirectory _cache = new();

    private GpuSession() => Kernels = OpenLibrary(TestKernels.Sources);

    public CudaContext Context => _run.Library.Context;

    public CudaStream Stream => _run.Stream;

    public KernelLibrary Kernels { get; }

    public CubinCache Cache => new(_cache.Root);

    /// <summary>The files of the cache.</summary>
    public string[] CachedFiles => Directory.Exists(_cache.At("cubin")) ? Directory.GetFiles(_cache.At("cubin")) : [];

    /// <summary>Skips the test where there is no GPU.</summary>
    public static GpuSession Open() => new();

    /// <summary>Another library over this session's cache.</summary>
    public KernelLibrary OpenLibrary(SourceSet sources) => new(Context, sources, Cache);

    public CudaFunction Kernel(string name) => Kernels.Get(TestKernels.Source, name);

    /// <summary>Launches a test kernel over some elements, a thread for each.</summary>
    public void Run(string kernel, long elements, params ReadOnlySpan<KernelArgument> arguments) =>
        Kernel(kernel).Launch(Stream, LaunchGeometry.Blocks(elements, 256), 256, 0, programmatic: false, arguments);

    public void Dispose()
    {
        _run.Dispose();
        _cache.Dispose();
    }
}
