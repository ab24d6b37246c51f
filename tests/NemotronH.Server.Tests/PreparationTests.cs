using NemotronH.Server.Errors;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Tests;

public sealed class PreparationTests : IDisposable
{
    private readonly Preparation _preparation = new(atOnce: 1, most: 2, TimeSpan.FromSeconds(3));
    private readonly ManualResetEventSlim _begun = new();
    private readonly ManualResetEventSlim _go = new();

    public void Dispose()
    {
        _preparation.Dispose();
        _begun.Dispose();
        _go.Dispose();
    }

    [Fact]
    public async Task One_works_one_waits_and_a_third_is_told_to_come_again()
    {
        Task<int> working = WorkAsync();
        _begun.Wait(TestContext.Current.CancellationToken);
        Task<int> waiting = _preparation.RunAsync(() => 2, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<ApiException>(() => _preparation.RunAsync(() => 3, TestContext.Current.CancellationToken));

        Assert.Equal((429, TimeSpan.FromSeconds(3)), (refused.Status, refused.RetryAfter));
        Assert.False(waiting.IsCompleted);
        _go.Set();
        Assert.Equal(1, await working);
        Assert.Equal(2, await waiting);
        Assert.Equal(4, await _preparation.RunAsync(() => 4, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_gives_up_waiting_or_fails_leaves_its_place()
    {
        Task<int> working = WorkAsync();
        _begun.Wait(TestContext.Current.CancellationToken);
        using var patience = new CancellationTokenSource();
        Task<int> waiting = _preparation.RunAsync(() => 2, patience.Token);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Task<int> next = _preparation.RunAsync(int () => throw new InvalidOperationException("it failed"), TestContext.Current.CancellationToken);
        _go.Set();

        await working;
        await Assert.ThrowsAsync<InvalidOperationException>(() => next);
        Assert.Equal(3, await _preparation.RunAsync(() => 3, TestContext.Current.CancellationToken));
    }

    private Task<int> WorkAsync() => Task.Run(() => _preparation.RunAsync(
        () =>
        {
            _begun.Set();
            _go.Wait();
            return 1;
        },
        CancellationToken.None));
}
