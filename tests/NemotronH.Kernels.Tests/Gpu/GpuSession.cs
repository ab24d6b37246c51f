using NemotronH.Kernels.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>A GPU with a stream that libtorch works on too, the kernels of these tests, and a scope for tensors.</summary>
internal sealed class GpuSession : IDisposable
{
    private readonly TemporaryDirectory _cache = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly IDisposable _guard;

    private GpuSession(CudaContext context)
    {
        Context = context;
        Stream = CudaStream.Create(context);
        _guard = Stream.UseForTorch();
        Kernels = OpenLibrary(TestKernels.Sources);
    }

    public CudaContext Context { get; }

    public CudaStream Stream { get; }

    public KernelLibrary Kernels { get; }

    public CubinCache Cache => new(_cache.Root);

    /// <summary>The files of the cache.</summary>
    public string[] CachedFiles => Directory.Exists(_cache.At("cubin")) ? Directory.GetFiles(_cache.At("cubin")) : [];

    /// <summary>Skips the test where there is no GPU.</summary>
    public static GpuSession Open() => new(Gpu.RequireContext());

    /// <summary>Another library over this session's cache.</summary>
    public KernelLibrary OpenLibrary(SourceSet sources) => new(Context, sources, Cache);

    public CudaFunction Kernel(string name) => Kernels.Get(TestKernels.Source, name);

    /// <summary>Launches a test kernel over some elements, a thread for each.</summary>
    public void Run(string kernel, long elements, params ReadOnlySpan<KernelArgument> arguments) =>
        Kernel(kernel).Launch(Stream, LaunchGeometry.Blocks(elements, 256), 256, 0, programmatic: false, arguments);

    public void Dispose()
    {
        Stream.Synchronize();
        _scope.Dispose();
        _guard.Dispose();
        Stream.Dispose();
        _cache.Dispose();
    }
}
