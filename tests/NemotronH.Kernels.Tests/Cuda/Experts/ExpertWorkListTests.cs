using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Experts;

public sealed class ExpertWorkListTests
{
    public static TheoryData<int, int, int, double> Routings => new()
    {
        { 8, 2, 1, 0 },
        { 8, 2, 3, 1 },
        { 40, 6, 7, 0.3 },
        { 128, 6, 64, 0.1 },
        { 512, 22, 128, 0.2 },
        { 32, 32, 128, 0 },
    };

    [Theory]
    [MemberData(nameof(Routings))]
    public void The_reference_lists_what_plain_loops_list(int experts, int topK, int batch, double padding)
    {
        RoutedEntries routed = new(experts, topK, batch, padding, seed: batch);
        using var scope = NewDisposeScope();
        (Tensor count, Tensor active, Tensor offsets, Tensor entries) = ExpertWorkListReference.Group(
            experts, routed.MaxActive, tensor(routed.Ids).view(batch, topK), tensor(routed.Slots), RoutedEntries.DummySlot);
        Assert.Equal(routed.Lists, cat([count, active, offsets, entries]).data<long>().ToArray().Select(value => (int)value));
    }

    [Trait("Category", "Gpu")]
    [Theory]
    [MemberData(nameof(Routings))]
    public void The_kernel_lists_what_plain_loops_list(int experts, int topK, int batch, double padding)
    {
        using KernelRun run = new();
        RoutedEntries routed = new(experts, topK, batch, padding, seed: batch);
        ExpertWorkList list = new(run.Library, experts, topK, batch);
        Tensor count = KernelRun.Poisoned(ScalarType.Int32, 1), active = KernelRun.Poisoned(ScalarType.Int32, list.MaxActive);
        Tensor offsets = KernelRun.Poisoned(ScalarType.Int32, list.MaxActive + 1);
        Tensor entries = KernelRun.Poisoned(ScalarType.Int32, batch * topK);
        list.Launch(
            run.Stream, KernelRun.Int32(routed.Ids).view(batch, topK), KernelRun.Int32(routed.Slots), RoutedEntries.DummySlot,
            count, active, offsets, entries);
        Assert.Equal(routed.Lists, cat([count, active, offsets, entries]).cpu().data<int>().ToArray());
    }

    [Theory]
    [InlineData(513, 2, 1, "The number of experts is 513; expected 1 to 512.")]
    [InlineData(8, 9, 1, "Top-k is 9; expected 1 to 8.")]
    [InlineData(8, 2, 200, "The batch is 200; expected 1 to 128.")]
    public void A_size_that_the_kernel_is_not_written_for_is_refused(int experts, int topK, int batch, string message) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new ExpertWorkList(null!, experts, topK, batch)).Message);
}
