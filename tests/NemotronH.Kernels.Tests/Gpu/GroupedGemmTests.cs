using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>Grouped products of a prompt's rows on a GPU, held to float64.</summary>
[Trait("Category", "Gpu")]
public sealed class GroupedGemmTests
{
    public static TheoryData<WeightLayout, int, int, int, GemmEpilogue> Cases()
    {
        var cases = new TheoryData<WeightLayout, int, int, int, GemmEpilogue>();
        foreach (WeightLayout layout in new[] { WeightLayout.BFloat16, WeightLayout.Float8, WeightLayout.Nvfp4Tiles })
        {
            foreach ((int rows, int columns) in new[] { (16, 64), (208, 192), (1856, 2688), (2688, 1856) })
            {
                foreach (int itemRows in new[] { 32, 64, 128 })
                {
                    cases.Add(layout, rows, columns, itemRows, rows == 1856 ? GemmEpilogue.SquaredRelu : GemmEpilogue.StoreBFloat16);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_row_is_its_experts_product(WeightLayout layout, int rows, int columns, int itemRows, GemmEpilogue epilogue)
    {
        using KernelRun run = new();
        int[] counts = [1, 0, itemRows, itemRows + 1, 7, 3 * itemRows - 5, 0, 40];
        int end = 0;
        Tensor ends = tensor(counts.Select(count => end += count).ToArray(), dtype: ScalarType.Int32, device: CUDA);
        RandomWeight weight = RandomWeight.Create(layout, counts.Length, rows, columns);
        DeviceWeight stored = weight.Stored;
        if (layout == WeightLayout.Nvfp4Tiles)
        {
            (Tensor codes, Tensor scales) = new Nvfp4Repacker(run.Library).Launch(run.Stream, weight.Stored);
            stored = DeviceWeight.Nvfp4Tiles("weight", codes, scales, weight.Stored.GlobalScale!);
        }

        Tensor x = randn([end, columns], device: CUDA).to(ScalarType.BFloat16), y = full([end, rows], float.NaN, device: CUDA).to(ScalarType.BFloat16);
        var product = new GroupedGemm(run.Library, GemmOperand.Of(stored), epilogue, itemRows);
        GroupedWork work = GroupedWork.Of(ends, end, itemRows);
        cuda.synchronize();
        product.Launch(run.Stream, stored, work, x, y);
        run.Stream.Synchronize();

        int first = 0;
        for (int expert = 0; expert < counts.Length; expert++)
        {
            if (counts[expert] > 0)
            {
                Tensor expected = x.narrow(0, first, counts[expert]).to(ScalarType.Float64).matmul(weight.Values[expert].t());
                Numbers.AssertClose(y.narrow(0, first, counts[expert]), epilogue == GemmEpilogue.SquaredRelu ? expected.clamp(min: 0).square() : expected, 1e-2);
            }

            first += counts[expert];
        }
    }
}
