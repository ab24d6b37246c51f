using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Cuda.Attention;
using NemotronH.Kernels.Tests.Cuda.Mamba;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>Shapes besides the files' defaults that the sequence kernels are compiled for; these need NVRTC and no GPU.</summary>
public sealed class KernelShapesTests
{
    private static readonly Dictionary<string, KernelSource> Sources = new()
    {
        ["norm of 37 columns"] = new RmsNormShape(37, 1e-5) { WeightDtype = ScalarType.BFloat16 }.Source(),
        ["norm of 8192 columns"] = new RmsNormShape(8192, 1e-5).Source(),
        ["FP8 embedding"] = new EmbeddingLookupShape(33, 1003, EmbeddingFormat.Fp8).Source(),
        ["NVFP4 embedding"] = new EmbeddingLookupShape(2688, 131072, EmbeddingFormat.Nvfp4).Source(),
        ["convolution of 8 taps"] = Convolved(new MambaInputs(3, 5, 1, 7, 8).Conv with { StateDtype = ScalarType.BFloat16 }, 80),
        ["in_proj with its convolution"] = Convolved(new MambaInputs(64, 64, 8, 128, 4).Conv, 2688),
        ["state of 256"] = new MambaInputs(8, 64, 4, 256, 4).Ssm.Source(),
        ["head_dim 80"] = (new MambaInputs(16, 80, 8, 128, 4).Ssm with { OutputDtype = ScalarType.BFloat16 }).Source(),
        ["state of 48"] = new MambaInputs(4, 80, 2, 48, 4).Ssm.Source(),
        ["state of 7"] = new MambaInputs(3, 5, 1, 7, 4).Ssm.Source(),
        ["gated norm of one group"] = new GatedGroupRmsNormShape(20480, 1, 1e-5, 20480, 0) { InputDtype = ScalarType.BFloat16 }.Source(),
        ["FP8 append"] = KeyValueAppendKernel.Source(PagedInputs.Side(6, 3, 5, 7, 3) with { Float8 = true }),
        ["FP8 attention"] = PagedAttentionKernel.Source(PagedInputs.Side(32, 2, 128, 64, 16) with { Float8 = true }),
        ["attention of 40 heads"] = PagedAttentionKernel.Source(PagedInputs.Side(40, 8, 128, 64, 16)),
        ["attention of head_dim 48"] = PagedAttentionKernel.Source(PagedInputs.Side(4, 2, 48, 10, 16) with { Float8 = true }),
        ["attention of head_dim 16"] = PagedAttentionKernel.Source(PagedInputs.Side(4, 2, 16, 64, 16, behind: 3)),
        ["attention of head_dim 20"] = PagedAttentionKernel.Source(PagedInputs.Side(6, 2, 20, 64, 16) with { Float8 = true }),
        ["attention of head_dim 256"] = PagedAttentionKernel.Source(PagedInputs.Side(2, 1, 256, 64, 16)),
        ["merge of head_dim 5"] = PagedAttentionKernel.MergeSource(PagedInputs.Side(3, 1, 5, 9, 16)),
        ["split product in bfloat16"] = SplitProduct(WeightLayout.BFloat16, 2688, GemmEpilogue.Add),
        ["split product in FP8"] = SplitProduct(WeightLayout.Float8, 2688, GemmEpilogue.SquaredRelu),
        ["split product in NVFP4"] = SplitProduct(WeightLayout.Nvfp4Tiles, 2688, GemmEpilogue.StoreBFloat16),
        ["split product of odd columns"] = SplitProduct(WeightLayout.Float8, 33, GemmEpilogue.SquaredRelu),
        ["split experts in NVFP4"] = SplitExperts(WeightLayout.Nvfp4Tiles),
        ["experts beside shared ones, first projection"] = SharedExperts(1856, 2688, GemmEpilogue.SquaredRelu, false),
        ["experts beside shared ones, second projection"] = SharedExperts(2688, 1856, GemmEpilogue.Store, true),
        ["experts beside shared ones, 64 tokens"] = SharedExperts(1856, 2688, GemmEpilogue.SquaredRelu, false, tokens: 64),
        ["experts in a buffer, 8 tokens"] = GemmGeometry.Experts(
            new GemmOperand(WeightLayout.BFloat16, 1856, 2688), 8, 48, GemmEpilogue.SquaredRelu, stable: false).Source,
        ["stacked products"] = GemmGeometry.Dense(
            new GemmOperand(WeightLayout.BFloat16, 4608, 2688), 1, GemmEpilogue.Store, true, 132, split: true, stacked: true).Source,
        ["router of 512 experts"] = RouterTopK.Source(new RouterShape(8192, 512, 22, 8, 4), 128, 0),
        ["grouped product in bfloat16"] = GroupedGemm.Source(new GemmOperand(WeightLayout.BFloat16, 1856, 2688), GemmEpilogue.SquaredRelu, 128),
        ["grouped product in FP8"] = GroupedGemm.Source(new GemmOperand(WeightLayout.Float8, 2688, 1856), GemmEpilogue.StoreBFloat16, 128),
        ["grouped product in NVFP4"] = GroupedGemm.Source(new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688), GemmEpilogue.SquaredRelu, 32),
        ["split experts as stored"] = SplitExperts(WeightLayout.Nvfp4),
    };

    public static TheoryData<string> Names => [.. Sources.Keys];

    private static KernelSource SplitProduct(WeightLayout layout, int columns, GemmEpilogue epilogue) =>
        GemmGeometry.Dense(new GemmOperand(layout, 1856, columns), 4, epilogue, stable: true, multiprocessors: 132, split: true).Source;

    private static KernelSource SplitExperts(WeightLayout layout) =>
        GemmGeometry.Experts(new GemmOperand(layout, 1856, 2688), 4, 24, GemmEpilogue.SquaredRelu, stable: true, split: true).Source;

    private static KernelSource Convolved(ConvolutionShape shape, int columns) => GemmGeometry.Dense(
        new GemmOperand(WeightLayout.Nvfp4Tiles, shape.RowWidth, columns), 1, GemmEpilogue.Store, true, 132, split: true, convolution: shape).Source;

    private static KernelSource SharedExperts(int rows, int columns, GemmEpilogue epilogue, bool alongColumns, int tokens = 1) => GemmGeometry.Experts(
        new GemmOperand(WeightLayout.Nvfp4Tiles, rows, columns), tokens, 6 * tokens, epilogue, stable: true, split: tokens == 1, new SharedParts(2, alongColumns)).Source;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_shape_compiles_without_using_local_memory(string name)
    {
        Compiler.Require();
        foreach (string architecture in new[] { "sm_80", "sm_90" })
        {
            IReadOnlyList<int> frames = CubinResources.FrameBytes(NvrtcCompiler.Compile(SourceSet.Embedded, Sources[name], architecture));
            Assert.NotEmpty(frames);
            Assert.All(frames, bytes => Assert.Equal(0, bytes));
        }
    }
}
