using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NemotronH.Server.Serving;

/// <summary>Reads several sequences at once.</summary>
internal static class Merging
{
    /// <summary>Merges sequences: each item as soon as it is there, those of one sequence in their order.</summary>
    /// <exception cref="Exception">The first failure of any of them ends all.</exception>
    internal static async IAsyncEnumerable<T> MergeAsync<T>(
        IReadOnlyList<IAsyncEnumerable<T>> sources, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (sources is [var only])
        {
            await foreach (T item in only.WithCancellation(cancellationToken))
            {
                yield return item;
            }

            yield break;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var items = Channel.CreateBounded<T>(new BoundedChannelOptions(Math.Max(1, 4 * sources.Count)) { SingleReader = true });
        Task pumping = PumpAsync(sources, items.Writer, ended);
        try
        {
            await foreach (T item in items.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            await ended.CancelAsync();
            await pumping;
        }
    }

    private static async Task PumpAsync<T>(IReadOnlyList<IAsyncEnumerable<T>> sources, ChannelWriter<T> writer, CancellationTokenSource ended)
    {
        await Task.WhenAll(sources.Select(PumpOneAsync));
        writer.TryComplete();

        async Task PumpOneAsync(IAsyncEnumerable<T> source)
        {
            try
            {
                await foreach (T item in source.WithCancellation(ended.Token))
                {
                    await writer.WriteAsync(item, ended.Token);
                }
            }
            catch (Exception failure)
            {
                // The reader gets the first one; the others are then told to end.
                writer.TryComplete(failure);
                await ended.CancelAsync();
            }
        }
    }
}
