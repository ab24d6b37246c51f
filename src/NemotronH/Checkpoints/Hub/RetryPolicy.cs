namespace NemotronH.Checkpoints.Hub;

/// <summary>Tries again what may succeed a little later, as long as it goes on.</summary>
/// <param name="firstDelay">The wait before the second attempt; each further one is twice as long.</param>
internal sealed class RetryPolicy(TimeSpan firstDelay)
{
    /// <summary>How often something is tried that does not go on.</summary>
    internal const int MostAttempts = 5;

    private const int MostAttemptsInAll = 100;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(60);

    /// <summary>Does something.</summary>
    /// <param name="attempt">Does it once.</param>
    /// <param name="position">How far it is: attempts that went on do not count as failed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="HubException">It failed for good.</exception>
    internal async Task<T> RunAsync<T>(Func<Task<T>> attempt, Func<long> position, CancellationToken cancellationToken)
    {
        int failures = 0;
        for (int attempts = 1; ; attempts++)
        {
            long begin = position();
            try
            {
                return await attempt();
            }
            catch (HubException exception) when (exception.IsTransient)
            {
                failures = position() > begin ? 1 : failures + 1;
                if (failures == MostAttempts || attempts == MostAttemptsInAll)
                {
                    throw new HubException($"{exception.Message} (tried {attempts} times; pull again to go on)", exception);
                }

                await Task.Delay(Delay(failures, exception.RetryAfter), cancellationToken);
            }
        }
    }

    private TimeSpan Delay(int failures, TimeSpan? asked)
    {
        TimeSpan delay = firstDelay * Math.Pow(2, failures - 1);
        delay = asked > delay ? asked.Value : delay;
        return delay < LongestDelay ? delay : LongestDelay;
    }
}
