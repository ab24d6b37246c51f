using System.Diagnostics;

namespace NemotronH.Server.Tests.Support;

/// <summary>Waits for what must come: a test fails where it does not, and does not hang.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(clock.Elapsed < Patience, "the state that is waited for never came");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
