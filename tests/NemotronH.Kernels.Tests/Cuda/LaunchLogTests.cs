using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class LaunchLogTests
{
    [Fact]
    public void Log_belongs_to_its_thread_until_it_is_closed()
    {
        using (var log = LaunchLog.Open())
        {
            Assert.Empty(log.Launches);
            Assert.Throws<InvalidOperationException>(LaunchLog.Open);
            Assert.Same(log, LaunchLog.Current);
            LaunchLog? elsewhere = log;
            var other = new Thread(() => elsewhere = LaunchLog.Current);
            other.Start();
            other.Join();
            Assert.Null(elsewhere);
        }

        Assert.Null(LaunchLog.Current);
        LaunchLog.Open().Dispose();
    }
}
