using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>Requests that are given up leave nothing behind.</summary>
public sealed class CancellationTests(AloneReference alone) : IClassFixture<AloneReference>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hundred_cancellations_at_random_leave_no_slot_taken_and_no_tensor(bool ahead)
    {
        var random = new Random(1);
        await using InferenceEngine engine = EngineRuns.Engine(
            AloneReference.Load(AloneReference.Options with { MaxSequences = 4 }), new EngineOptions { MaxSequences = 4, PrefillChunk = 64 }, ahead);
        await CancelAsync(engine, random, 8);
        long before = await CountTensorsAsync();

        await CancelAsync(engine, random, 100);

        EngineStatistics statistics = engine.Statistics;
        Assert.Equal((0, 0, 4), (statistics.Running, statistics.Waiting, statistics.FreeSlots));
        Assert.Equal(108, statistics.FinishedRequests);
        Assert.InRange(statistics.CancelledRequests, 50, 108);
        Assert.Equal(0, statistics.FailedRequests);
        Assert.Equal(before, await CountTensorsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_prefix_cache_every_page_is_free_again(bool ahead)
    {
        await using InferenceEngine engine = EngineRuns.Engine(
            AloneReference.Load(AloneReference.Options with { MaxSequences = 4 }), new EngineOptions { MaxSequences = 4, PrefixCacheBytes = 0 }, ahead);

        await CancelAsync(engine, new Random(2), 20);

        Assert.Equal((0, 4 * 16), (engine.Statistics.UsedPages, engine.Statistics.TotalPages));
    }

    [Fact]
    public async Task A_cancelled_request_leaves_within_one_step()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options with { MaxSequences = 2 }), new EngineOptions { MaxSequences = 2 });
        EngineGeneration cancelled = engine.Submit(EngineRuns.Request([5, 6, 7], 900));
        await using EngineGeneration other = engine.Submit(EngineRuns.Request([8, 9], 900));
        while (cancelled.Usage.CompletionTokens < 3)
        {
            await Task.Yield();
        }

        ValueTask left = cancelled.DisposeAsync();
        int tokens = cancelled.Usage.CompletionTokens;
        await left;

        // The step under way at the time may still give a token, no other does.
        Assert.InRange(cancelled.Usage.CompletionTokens, tokens, tokens + 1);
        Assert.Equal((1, 1), (engine.Statistics.CancelledRequests, engine.Statistics.FreeSlots));
        Assert.Null(cancelled.FinishReason);
        Assert.Null(other.FinishReason);
    }

    [Fact]
    public async Task A_waiting_request_can_be_cancelled_too()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1 });
        await using EngineGeneration running = engine.Submit(EngineRuns.Request([5], 900));
        using var source = new CancellationTokenSource();
        await using EngineGeneration waiting = engine.Submit(EngineRuns.Request([6], 900), source.Token);
        Assert.Equal(2, engine.Statistics.Waiting + engine.Statistics.Running);

        await source.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EngineRuns.ReadAsync(waiting));

        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.Equal(0, waiting.Usage.CompletionTokens);
        Assert.Null(running.FinishReason);
    }

    [Fact]
    public async Task Leaving_the_enumeration_cancels()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1 });
        EngineGeneration generation = engine.Submit(EngineRuns.Request([5], 900));
        await foreach (GeneratedToken token in generation.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            break;
        }

        await generation.DisposeAsync();
        Assert.Equal((1, 1), (engine.Statistics.FreeSlots, engine.Statistics.CancelledRequests));
    }

    private static async Task<long> CountTensorsAsync()
    {
        await Task.Yield();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>Some are cancelled before they run, some in their prompt, some in their answer, a few after it.</summary>
    private async Task CancelAsync(InferenceEngine engine, Random random, int count)
    {
        (int[] Prompt, int After, bool Wait)[] plan = [.. Enumerable.Range(0, count).Select(_ => (alone.RandomIds(random, random.Next(1, 600)), random.Next(0, 12), random.Next(2) == 0))];
        using var room = new SemaphoreSlim(7);
        await Task.WhenAll(plan.Select(async request =>
        {
            await room.WaitAsync(TestContext.Current.CancellationToken);
            EngineGeneration generation = engine.Submit(EngineRuns.Request(request.Prompt, 10));
            while (request.Wait && generation.FinishReason is null && generation.Usage.CompletionTokens < request.After)
            {
                await Task.Yield();
            }

            await generation.DisposeAsync();
            room.Release();
        }));
    }
}
