using NemotronH.Server.Errors;

namespace NemotronH.Server.Serving;

/// <summary>
/// Bounds how many requests are rendered and tokenized at once. That takes seconds for the largest, and the threads that do it answer health checks
/// and carry streams, too.
/// </summary>
/// <param name="atOnce">How many are worked on.</param>
/// <param name="most">How many there may be, those that wait included.</param>
/// <param name="retryAfter">When one that is refused may ask again.</param>
internal sealed class Preparation(int atOnce, int most, TimeSpan retryAfter) : IDisposable
{
    private readonly SemaphoreSlim _turns = new(atOnce);
    private int _count;

    /// <summary>For a model on this machine: a processor is left for the rest, and no more wait than the engine would let wait.</summary>
    internal static Preparation Of(ServedModel model, ServerOptions options) => new(
        Math.Max(1, Environment.ProcessorCount - 1),
        (int)Math.Min(int.MaxValue, model.MostAnswers),
        options.RetryAfter);

    /// <summary>Does work for a request when it is its turn.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Ends waiting, not the work.</param>
    /// <exception cref="ApiException">Too many wait: 429.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    internal async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _count) > most)
            {
                throw ApiException.Busy($"{most} requests are being prepared; no more can", retryAfter);
            }

            await _turns.WaitAsync(cancellationToken);
            try
            {
                return work();
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    public void Dispose() => _turns.Dispose();
}
