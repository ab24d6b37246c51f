using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>These need NVRTC and no GPU.</summary>
public sealed class NvrtcCompilerTests
{
    public static MatrixTheoryData<string, string> Compilations => new(SourceSet.Embedded.Programs, ["8.0", "9.0"]);

    [Theory]
    [MemberData(nameof(Compilations))]
    public void Every_kernel_file_compiles_as_it_stands_without_using_local_memory(string file, string capability)
    {
        string architecture = CudaRequirements.Architecture(Version.Parse(capability));
        bool knowsOwnInstructions = Compiler.Require().Version.Major >= 12;
        architecture = knowsOwnInstructions ? architecture : architecture.TrimEnd('a');
        byte[] cubin = NvrtcCompiler.Compile(SourceSet.Embedded, new KernelSource(file), architecture);

        IReadOnlyList<int> frames = CubinResources.FrameBytes(cubin);
        Assert.NotEmpty(frames);
        Assert.All(frames, bytes => Assert.Equal(0, bytes));
    }

    [Fact]
    public void Local_memory_would_be_noticed()
    {
        Compiler.Require();
        SourceSet sources = SourceSet.Embedded.With("local.cu", """
            extern "C" __global__ void f(int* x)
            {
                int local[50];
                for (int i = 0; i < 50; i++)
                    local[x[i] % 50] = i;
                x[0] = local[x[1]];
            }
            """);

        int frame = Assert.Single(CubinResources.FrameBytes(NvrtcCompiler.Compile(sources, new KernelSource("local.cu"), "sm_80")));
        Assert.InRange(frame, 50 * sizeof(int), 51 * sizeof(int) + 12); // The array, in a frame of whole 16 bytes.
    }

    [Fact]
    public void A_source_that_does_not_compile_is_refused_with_the_compilers_log()
    {
        Compiler.Require();
        SourceSet sources = SourceSet.Embedded.With("broken.cu", "#include \"common.cuh\"\n__global__ void f() { undeclared = N; }\n");
        var exception = Assert.Throws<CudaException>(
            () => NvrtcCompiler.Compile(sources, new KernelSource("broken.cu", ("N", "3")), "sm_90"));

        Assert.StartsWith("broken.cu --define-macro=N=3 does not compile for sm_90: NVRTC_ERROR_COMPILATION.\n", exception.Message);
        Assert.Contains("broken.cu(2): error: identifier \"undeclared\" is undefined", exception.Message);
    }

    [Fact]
    public void An_architecture_that_the_compiler_does_not_know_is_refused()
    {
        Compiler.Require();
        var exception = Assert.Throws<CudaException>(
            () => NvrtcCompiler.Compile(SourceSet.Embedded, new KernelSource("self_test.cu"), "sm_12"));
        Assert.StartsWith("self_test.cu does not compile for sm_12: ", exception.Message);
    }

    [Fact]
    public void It_knows_the_GPUs_that_it_says_it_knows()
    {
        NvrtcDescription compiler = Compiler.Require();
        Assert.Contains(80, compiler.Architectures);
        Assert.Contains(90, compiler.Architectures);
        Assert.True(compiler.Version >= new Version(11, 8), compiler.Version.ToString());
    }

    [Fact]
    public void Subnormals_are_never_flushed()
    {
        var source = new KernelSource("self_test.cu", ("N", "1"));
        Assert.Equal(["--gpu-architecture=sm_90a", "--std=c++17", "--define-macro=N=1"], NvrtcCompiler.Options("sm_90a", source));
    }
}
