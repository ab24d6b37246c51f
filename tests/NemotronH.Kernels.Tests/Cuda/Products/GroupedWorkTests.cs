using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Products;

/// <summary>Work items against the same lists made one by one.</summary>
public sealed class GroupedWorkTests
{
    [Fact]
    public void Items_cover_every_row_once_in_pieces_of_one_expert()
    {
        var random = new Random(2);
        for (int round = 0; round < 60; round++)
        {
            using var scope = NewDisposeScope();
            int experts = random.Next(1, 20), most = random.Next(1, 9), end = 0;
            int[] ends = [.. Enumerable.Range(0, experts).Select(_ => end += random.Next(3) == 0 ? 0 : random.Next(0, 30))];
            var expected = new List<(int, int, int)>();
            for (int expert = 0; expert < experts; expert++)
            {
                for (int first = expert == 0 ? 0 : ends[expert - 1]; first < ends[expert]; first += most)
                {
                    expected.Add((expert, first, Math.Min(first + most, ends[expert])));
                }
            }

            GroupedWork work = GroupedWork.Of(tensor(ends, dtype: ScalarType.Int32), end, most);

            (int Expert, int First, int End)[] items =
                [.. Numbers(work.Expert).Zip(Numbers(work.First), Numbers(work.End)).Select(item => (item.First, item.Second, item.Third))];
            Assert.Equal(expected, items.Where(item => item.Expert >= 0).Select(item => (item.Expert, item.First, item.End)));
            Assert.All(items.Skip(expected.Count), item => Assert.Equal(-1, item.Expert));
        }

        static int[] Numbers(Tensor tensor) => tensor.data<int>().ToArray();
    }

    [Fact]
    public void Shapes_that_the_kernel_is_not_written_for_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GroupedGemm.Source(new GemmOperand(WeightLayout.Nvfp4, 1856, 2688), GemmEpilogue.SquaredRelu, 64));
        Assert.Throws<ArgumentException>(() => GroupedGemm.Source(new GemmOperand(WeightLayout.BFloat16, 1856, 96), GemmEpilogue.SquaredRelu, 64));
        Assert.Throws<ArgumentException>(() => GroupedGemm.Source(new GemmOperand(WeightLayout.BFloat16, 1852, 128), GemmEpilogue.SquaredRelu, 64));
        Assert.Throws<ArgumentException>(() => GroupedGemm.Source(new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688), GemmEpilogue.Store, 64));
        Assert.Throws<ArgumentException>(() => GroupedGemm.Source(new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688), GemmEpilogue.SquaredRelu, 48));
        Assert.Equal([32, 32, 64, 128], new long[] { 5, 3072, 8192, 12288 }.Select(rows => GroupedGemm.ItemRowsFor(rows, 128)));
    }
}
