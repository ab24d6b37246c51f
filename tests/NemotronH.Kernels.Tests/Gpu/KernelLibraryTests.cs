using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class KernelLibraryTests
{
    private static readonly KernelSource Constant = new("constant.cu");

    [Fact]
    public void A_kernel_is_compiled_once_and_kept_for_the_next_process()
    {
        using var gpu = GpuSession.Open();
        Assert.Equal(1, RunConstant(gpu, 1));
        string file = Assert.Single(gpu.CachedFiles);
        byte[] one = File.ReadAllBytes(file);

        // Another kernel's machine code under this one's name shows that it is taken from there.
        byte[] two = NvrtcCompiler.Compile(Sources(2), Constant, gpu.Context.Architecture);
        gpu.Cache.Store(Path.GetFileName(file), two);
        Assert.Equal(2, RunConstant(gpu, 1));

        byte[] damaged = File.ReadAllBytes(file);
        damaged[damaged.Length / 2] ^= 1;
        File.WriteAllBytes(file, damaged);
        Assert.Equal(1, RunConstant(gpu, 1));
        Assert.Equal(one, File.ReadAllBytes(file));
    }

    [Fact]
    public void The_same_kernel_is_the_same_object()
    {
        using var gpu = GpuSession.Open();
        Assert.Same(gpu.Kernel("reduce"), gpu.Kernels.Get(new KernelSource("tests.cu"), "reduce"));
    }

    [Fact]
    public void Macros_make_another_kernel()
    {
        using var gpu = GpuSession.Open();
        KernelLibrary library = gpu.OpenLibrary(SourceSet.Embedded.With("constant.cu", Text("VALUE")));
        Assert.Equal(5, Run(gpu, library.Get(new KernelSource("constant.cu", ("VALUE", "5")), "constant")));
        Assert.Equal(6, Run(gpu, library.Get(new KernelSource("constant.cu", ("VALUE", "6")), "constant")));
    }

    [Fact]
    public void A_source_that_does_not_compile_is_refused_with_the_log_and_nothing_is_kept()
    {
        using var gpu = GpuSession.Open();
        KernelLibrary library = gpu.OpenLibrary(SourceSet.Embedded.With("constant.cu", Text("nothing")));
        var exception = Assert.Throws<CudaException>(() => library.Get(Constant, "constant"));
        Assert.StartsWith($"constant.cu does not compile for {gpu.Context.Architecture}: NVRTC_ERROR_COMPILATION.\n", exception.Message);
        Assert.Contains("constant.cu(1): error: identifier \"nothing\" is undefined", exception.Message);
        Assert.Empty(gpu.CachedFiles);
    }

    [Fact]
    public void A_kernel_that_the_source_does_not_have_is_named()
    {
        using var gpu = GpuSession.Open();
        var exception = Assert.Throws<CudaException>(() => gpu.Kernel("missing"));
        Assert.StartsWith(
            "CUDA failed while looking for the kernel missing in tests.cu: cuModuleGetFunction returned CUDA_ERROR_NOT_FOUND (500, ",
            exception.Message);
    }

    private static string Text(string value) => $"extern \"C\" __global__ void constant(int* out) {{ *out = {value}; }}";

    private static SourceSet Sources(int value) => SourceSet.Embedded.With("constant.cu", Text($"{value}"));

    private static int RunConstant(GpuSession gpu, int value) => Run(gpu, gpu.OpenLibrary(Sources(value)).Get(Constant, "constant"));

    private static int Run(GpuSession gpu, CudaFunction constant)
    {
        Tensor result = zeros(1, dtype: ScalarType.Int32, device: CUDA);
        constant.Launch(gpu.Stream, 1, 1, 0, programmatic: false, result);
        return result.cpu().item<int>();
    }
}
