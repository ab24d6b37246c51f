using FsCheck;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class ActiveExpertMaskTests
{
    [Fact]
    public void Active_experts_come_first_in_ascending_order()
    {
        Gen<(int Experts, int[] Ids)> steps = from experts in Gen.Choose(1, 40)
                                              from ids in Gen.NonEmptyListOf(Gen.Choose(0, experts - 1))
                                              select (experts, ids.ToArray());
        Check.QuickThrowOnFailure(Prop.ForAll(steps.ToArbitrary(), step =>
        {
            using var scope = NewDisposeScope();
            Tensor mask = ActiveExpertMask.Of(tensor(step.Ids.Select(id => (long)id).ToArray()).view(-1, 1), step.Experts);
            byte[] bytes = mask.data<byte>().ToArray();
            int[] active = [.. step.Ids.Distinct().Order()];
            long count = Math.Min(step.Experts, step.Ids.Length);
            long[] list = ActiveExpertMask.ActiveFirst(mask, step.Experts, count).data<long>().ToArray();
            return bytes.Index().All(entry => entry.Item == (active.Contains(entry.Index) ? 1 : 0))
                && list.Take(active.Length).SequenceEqual(active.Select(id => (long)id))
                && list.Distinct().Count() == count;
        }));
    }
}
