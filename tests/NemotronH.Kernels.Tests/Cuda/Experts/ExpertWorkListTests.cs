using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Experts;

public sealed class ExpertWorkListTests
{
    public static TheoryData<int, int, int, double, int> Routings => new()
    {
        { 8, 2, 1, 0, 0 },
        { 8, 2, 3, 1, 2 },
        { 40, 6, 7, 0.3, 1 },
        { 128, 6, 1, 0, 2 },
        { 128, 6, 8, 0.3, 2 },
        { 128, 6, 64, 0.1, 2 },
        { 512, 22, 128, 0.2, 0 },
        { 32, 32, 128, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Routings))]
    public void The_reference_lists_what_plain_loops_list(int experts, int topK, int batch, double padding, int sharedParts)
    {
        RoutedEntries routed = new(experts, topK, batch, padding, seed: batch, sharedParts);
        using var scope = NewDisposeScope();
        (Tensor count, Tensor active, Tensor offsets, Tensor entries) = ExpertWorkListReference.Group(
            experts, routed.MaxActive, topK + sharedParts, tensor(routed.Ids).view(batch, topK), tensor(routed.Slots), RoutedEntries.DummySlot);
        Assert.Equal(routed.Lists, cat([count, active, offsets, entries]).data<long>().ToArray().Select(value => (int)value));
    }

    /// <summary>The gate's weights are one for the expert's own column and 0 elsewhere, so that the normed inputs are the logits.</summary>
    [Trait("Category", "Gpu")]
    [Theory]
    [MemberData(nameof(Routings))]
    public void The_router_lists_what_plain_loops_list(int experts, int topK, int batch, double padding, int sharedParts)
    {
        using KernelRun run = new();
        RoutedEntries routed = new(experts, topK, batch, padding, seed: batch, sharedParts);
        Tensor hidden = full(batch, experts, -4f, device: CUDA), ids = KernelRun.Int32(routed.Ids).view(batch, topK);
        hidden.scatter_(1, ids.to(ScalarType.Int64), arange(topK, device: CUDA).neg().div(topK).add(4).expand(batch, topK).contiguous());
        RouterTopK router = new(run.Library, new RouterShape(experts, experts, topK), batch, sharedParts);
        Tensor arrivals = zeros(router.Arrivals, ScalarType.Int32, CUDA), logits = empty(batch, experts, ScalarType.Float32, CUDA);
        Tensor chosen = KernelRun.Poisoned(ScalarType.Int32, batch, topK), weights = KernelRun.Poisoned(ScalarType.Float32, batch, topK);
        Tensor normed = KernelRun.Poisoned(ScalarType.BFloat16, batch, experts);
        ActiveEntries choice = new(
            KernelRun.Poisoned(ScalarType.Int32, 1),
            KernelRun.Poisoned(ScalarType.Int32, routed.MaxActive),
            KernelRun.Poisoned(ScalarType.Int32, routed.MaxActive + 1),
            KernelRun.Poisoned(ScalarType.Int32, batch * topK));
        for (int launch = 0; launch < 2; launch++)
        {
            router.Launch(
                run.Stream, hidden, ones(experts, device: CUDA), 1e-5, eye(experts, device: CUDA), zeros(experts, device: CUDA),
                KernelRun.Int32(routed.Slots), RoutedEntries.DummySlot, normed, null, logits, arrivals, chosen, weights, choice);
            Assert.Equal(routed.Ids, chosen.cpu().data<int>().ToArray());
            Assert.Equal(routed.Lists, cat([choice.Count, choice.Experts, choice.Offsets, choice.Entries]).cpu().data<int>().ToArray());
        }

        Assert.Equal(0, arrivals.abs().sum().item<long>());
    }

    [Theory]
    [InlineData(128, 6, 1, 6)]
    [InlineData(128, 6, 64, 128)]
    public void No_more_experts_are_active_than_there_are_or_are_chosen(int experts, int topK, int batch, int most) =>
        Assert.Equal(most, ActiveEntries.MostActive(experts, topK, batch));
}
