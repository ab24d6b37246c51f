using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Cuda;
using NemotronH.Kernels.Tests.Cuda.Attention;
using NemotronH.Kernels.Tests.Cuda.Mamba;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>The sequence kernels of a decode step behind each other: waiting in turn, overlapping, and replayed from a graph.</summary>
[Trait("Category", "Gpu")]
public sealed class SequenceChainTests
{
    private const int Rows = 4;
    private const int Steps = 3;

    private enum Way
    {
        InTurn,
        Programmatic,
        Graph,
    }

    [Fact]
    public void A_mamba_layer_gives_the_same_bits_in_turn_overlapping_and_from_a_graph()
    {
        using var gpu = new KernelRun();
        var layer = new MambaInputs(64, 64, 8, 128, 4);
        DeviceWeight identity = layer.Identity();
        var conv = new Gemm(gpu.Library, GemmOperand.Of(identity), Rows, GemmEpilogue.Store, convolution: layer.Conv);
        var ssm = new SsmUpdateKernel(gpu.Library, layer.Ssm);
        var norm = new GatedGroupRmsNormKernel(gpu.Library, new GatedGroupRmsNormShape(layer.Inner, layer.Groups, 1e-5, layer.RowWidth, 0));
        Tensor[] fixedInputs =
        [
            .. new[]
            {
                layer.AsInputs(layer.Projected(1, Rows)).High, tensor(new[] { 2, 0, 5, MambaInputs.Slots - 1 }), layer.ConvWeight, layer.ConvBias, layer.A, layer.D,
                layer.TimeStepBias, Numbers.Normal(9, layer.Inner),
            }.Select(KernelRun.Upload),
        ];
        AssertSame(way =>
        {
            Tensor convStates = zeros([MambaInputs.Slots, 3, layer.ConvDim], device: CUDA);
            Tensor states = zeros([MambaInputs.Slots, layer.Heads, layer.HeadDim, layer.StateSize], device: CUDA);
            Tensor projected = KernelRun.Poisoned(ScalarType.Float32, Rows, layer.RowWidth);
            Tensor convolved = KernelRun.Poisoned(ScalarType.Float32, Rows, layer.ConvDim);
            Tensor y = KernelRun.Poisoned(ScalarType.Float32, Rows, layer.Inner);
            Tensor normed = KernelRun.Poisoned(ScalarType.BFloat16, Rows, layer.Inner);
            Convolution convolution = new(layer.Conv, fixedInputs[1], convStates, fixedInputs[2], fixedInputs[3], convolved);
            Repeat(gpu, way, [projected, convStates, states, convolved, y, normed], overlap =>
            {
                conv.Launch(gpu.Stream, identity, fixedInputs[0], projected, programmatic: overlap, convolution: convolution);
                ssm.Launch(
                    gpu.Stream, Rows, convolved, projected, fixedInputs[1], states, fixedInputs[4], fixedInputs[5], fixedInputs[6], y, overlap);
                norm.Launch(gpu.Stream, Rows, y, projected, fixedInputs[7], normed, overlap);
            });
            return [normed, y, convStates, states];
        });
    }

    [Fact]
    public void An_attention_layer_gives_the_same_bits_in_turn_overlapping_and_from_a_graph()
    {
        using var gpu = new KernelRun();
        PagedAttentionShape shape = PagedInputs.Side(32, 2, 128, 64, 11) with { Float8 = true };
        var inputs = new PagedInputs(shape);
        var append = new KeyValueAppendKernel(gpu.Library, shape);
        var attention = new PagedAttentionKernel(gpu.Library, shape);
        Tensor[] on =
        [
            .. new[]
            {
                inputs.Projected(1, Rows), tensor(new[] { 2, 0, 1, PagedInputs.Slots - 1 }), tensor(new[] { 640, 0, 63, 0 }), inputs.PageTable,
            }.Select(KernelRun.Upload),
        ];
        AssertSame(way =>
        {
            Tensor keys = KernelRun.Upload(inputs.Keys), values = KernelRun.Upload(inputs.Values);
            Tensor workspace = KernelRun.Poisoned(ScalarType.Float32, attention.WorkspaceSize(Rows));
            Tensor attended = KernelRun.Poisoned(ScalarType.BFloat16, Rows, shape.Heads * shape.HeadDim);
            Repeat(gpu, way, [keys, values, workspace, attended], overlap =>
            {
                append.Launch(gpu.Stream, Rows, on[0], on[1], on[2], on[3], keys, values, 0.01f, 0.02f, overlap);
                attention.Launch(gpu.Stream, Rows, on[0], on[1], on[2], on[3], keys, values, 0.01f, 0.02f, workspace, attended, overlap);
            });
            return [attended, keys, values];
        });
    }

    private static void Repeat(KernelRun gpu, Way way, Tensor[] tensors, Action<bool> step)
    {
        if (way != Way.Graph)
        {
            for (int i = 0; i < Steps; i++)
            {
                step(way == Way.Programmatic);
            }

            return;
        }

        using CudaGraph graph = CudaGraph.Capture(gpu.Stream, () => step(true), tensors);
        using CudaGraphExec executable = graph.Instantiate();
        for (int i = 0; i < Steps; i++)
        {
            executable.Launch(gpu.Stream);
        }

        gpu.Stream.Synchronize();
    }

    private static void AssertSame(Func<Way, Tensor[]> run)
    {
        Tensor[] expected = run(Way.InTurn);
        Assert.False(expected[0].isnan().any().item<bool>());
        foreach (Way way in new[] { Way.Programmatic, Way.Graph })
        {
            Tensor[] actual = run(way);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.True(actual[i].equal(expected[i]).all().item<bool>(), $"{way}, tensor {i}");
            }
        }
    }
}
