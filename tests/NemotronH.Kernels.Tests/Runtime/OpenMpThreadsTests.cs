using NemotronH.Kernels.Runtime;
using TorchSharp;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class OpenMpThreadsTests
{
    [Fact]
    public void A_limit_holds_for_its_thread_and_until_it_is_disposed_of()
    {
        int before = torch.get_num_threads();
        Assert.SkipUnless(before > 1, "libtorch has one thread here");
        int elsewhere = 0;
        using (OpenMpThreads.Set(1))
        {
            Assert.Equal(1, torch.get_num_threads());
            var other = new Thread(() => elsewhere = torch.get_num_threads());
            other.Start();
            other.Join();
        }

        Assert.Equal(before, torch.get_num_threads());
        Assert.Equal(before, elsewhere);
    }

    [Fact]
    public void No_thread_at_all_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => OpenMpThreads.Set(0));
}
