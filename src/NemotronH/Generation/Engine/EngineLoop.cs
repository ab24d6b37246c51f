using System.Runtime.InteropServices;
using System.Threading.Channels;
using NemotronH.Caching;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Generation;

/// <summary>What the engine's thread does: between steps it lets requests in and out, then takes a step with all that run.</summary>
/// <remarks>
/// A request is let in when a slot is free and the pages it can need at most (prompt and answer to the token limit) can be promised beside those promised
/// to others; so none that runs is ever put aside. Pages that only the prefix cache holds are taken from it when they are needed.
/// </remarks>
internal sealed class EngineLoop
{
    private readonly ModelCache _cache;
    private readonly PrefixCache _prefixes;
    private readonly PrefillExecutor _prefill;
    private readonly IDecodeExecutor _decode;
    private readonly ChannelReader<EngineSequence> _arrivals;
    private readonly int _maxSequences;
    private readonly int _prefillChunk;
    private readonly Action _onLeft;
    private readonly LinkedList<EngineSequence> _waiting = [];
    private readonly List<EngineSequence> _running = [];
    private int _promisedPages;

    /// <summary>Sets the thread's work up.</summary>
    /// <param name="runner">Runs the model; the loop's alone.</param>
    /// <param name="prefixes">The prefix cache.</param>
    /// <param name="decode">Takes decode steps.</param>
    /// <param name="arrivals">Requests; the loop ends when it is completed and everything has ended.</param>
    /// <param name="options">How many at once, how many prompt tokens a step.</param>
    /// <param name="onLeft">Told of every request that ended.</param>
    public EngineLoop(
        ModelRunner runner,
        PrefixCache prefixes,
        IDecodeExecutor decode,
        ChannelReader<EngineSequence> arrivals,
        EngineOptions options,
        Action onLeft)
    {
        _cache = runner.Cache;
        _prefixes = prefixes;
        _prefill = new PrefillExecutor(runner);
        _decode = decode;
        _arrivals = arrivals;
        _maxSequences = options.MaxSequences;
        _prefillChunk = options.PrefillChunk;
        _onLeft = onLeft;
        Publish();
    }

    /// <summary>What is counted.</summary>
    public EngineCounters Counters { get; } = new();

    /// <summary>Works until the arrivals are completed and all requests have ended.</summary>
    /// <param name="wake">Set when something has arrived or was cancelled.</param>
    /// <param name="stop">Cancels all requests.</param>
    public void Run(WaitHandle wake, CancellationToken stop)
    {
        while (true)
        {
            // Asked before the last look at the arrivals: none can come in between.
            bool isLast = _arrivals.Completion.IsCompleted;
            TakeArrivals();
            DropCancelled(stop.IsCancellationRequested);
            Admit();
            if (_running.Count > 0)
            {
                Step();
            }
            else if (isLast)
            {
                return;
            }
            else if (!_arrivals.Completion.IsCompleted)
            {
                wake.WaitOne();
            }
        }
    }

    /// <summary>Ends everything with an error, after the loop has failed.</summary>
    public void Abandon(Exception failure)
    {
        TakeArrivals();
        foreach (EngineSequence sequence in _waiting.Concat(_running).ToArray())
        {
            End(sequence, last: null, failure);
        }
    }

    private void TakeArrivals()
    {
        while (_arrivals.TryRead(out EngineSequence? sequence))
        {
            _waiting.AddLast(sequence);
        }
    }

    private void DropCancelled(bool all)
    {
        foreach (EngineSequence sequence in _waiting.Concat(_running).Where(sequence => all || sequence.Generation.IsCancelled).ToArray())
        {
            End(sequence, last: null, sequence.Generation.Cancellation);
        }
    }

    /// <summary>First come, first served: the first that waits is not overtaken, so it cannot starve.</summary>
    private void Admit()
    {
        while (_waiting.First?.Value is { } next && _running.Count < _maxSequences && _promisedPages + next.MostPages <= _cache.UsablePages)
        {
            _waiting.RemoveFirst();
            CachedSequence cached = _cache.Add();
            int known = next.PromptScores is null ? _prefixes.Restore(next.PromptIds, cached) : 0;
            next.Enter(cached);
            _promisedPages += next.MostPages;
            _running.Add(next);
            Counters.Prompt += next.PromptIds.Length;
            Counters.Cached += known;
            Publish();
            next.Generation.Start(known);
        }
    }

    private void Step()
    {
        try
        {
            Prefill();
            Decode();
        }
        catch (Exception failure) when (!EndsEverything(failure))
        {
            // The pass broke off somewhere: nothing of what its sequences hold can be relied on.
            foreach (EngineSequence sequence in _running.ToArray())
            {
                End(sequence, last: null, failure);
            }
        }
    }

    /// <summary>After an error of the device every further call fails, too; an allocation that was refused is none.</summary>
    private static bool EndsEverything(Exception failure) =>
        failure is OutOfMemoryException or CudaException
        || (failure is ExternalException && failure.Message.Contains("CUDA error", StringComparison.Ordinal));

    private void Prefill()
    {
        IReadOnlyList<(EngineSequence Sequence, int Count)> pieces = PrefillPieces.Choose([.. _running.Where(sequence => sequence.IsPrefilling)], _prefillChunk);
        if (pieces.Count == 0)
        {
            return;
        }

        _prefixes.MakeRoom(pieces.Sum(piece => _cache.MissingPages(piece.Sequence.Cached, piece.Count)));
        IReadOnlyList<SampledToken> firstTokens = _prefill.Prefill(pieces);
        foreach ((EngineSequence sequence, int count) in pieces)
        {
            Counters.Prefilled += count;
            if (sequence.IsAtBorder(out bool expendable))
            {
                _prefixes.Keep(sequence.CachedTokens, sequence.Cached, expendable);
            }

            if (!sequence.IsPrefilling)
            {
                sequence.Generation.PromptLogProbs = sequence.PromptScores?.Scores ?? [];
            }

            if (sequence is { IsPrefilling: false, WantsNothing: true })
            {
                End(sequence, last: null, failure: null);
            }
        }

        Deliver(firstTokens);
    }

    private void Decode()
    {
        EngineSequence[] batch = [.. _running.Where(sequence => !sequence.IsPrefilling)];
        if (batch.Length > 0)
        {
            _prefixes.MakeRoom(batch.Sum(sequence => _cache.MissingPages(sequence.Cached, 1)));
            IReadOnlyList<SampledToken> tokens = _decode.Decode(batch);
            Counters.Steps += tokens.Count > 0 ? 1 : 0;
            Deliver(tokens);
        }
    }

    private void Deliver(IReadOnlyList<SampledToken> tokens)
    {
        foreach (SampledToken token in tokens.Where(token => token.Sequence.IsRunning))
        {
            EngineSequence sequence = token.Sequence;
            try
            {
                GeneratedToken accepted = token.Failure is null ? sequence.Accept(token) : throw token.Failure;
                Counters.Generated++;
                if (accepted.FinishReason is null)
                {
                    sequence.Generation.Emit(accepted);
                }
                else
                {
                    End(sequence, accepted, failure: null);
                }
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                End(sequence, last: null, failure);
            }
        }

        Publish();
    }

    /// <summary>Frees what a request holds, and only then tells its caller.</summary>
    private void End(EngineSequence sequence, GeneratedToken? last, Exception? failure)
    {
        if (sequence.IsRunning)
        {
            if (failure is null)
            {
                _prefixes.Keep(sequence.CachedTokens, sequence.Cached, expendable: false);
            }

            sequence.Leave();
            _running.Remove(sequence);
            _promisedPages -= sequence.MostPages;
            _cache.Remove(sequence.Cached);
        }
        else
        {
            _waiting.Remove(sequence);
        }

        Counters.Finished++;
        Counters.Cancelled += failure is OperationCanceledException ? 1 : 0;
        Counters.Failed += failure is null or OperationCanceledException ? 0 : 1;
        _onLeft();
        Publish();
        if (last is not null)
        {
            sequence.Generation.Emit(last);
        }

        sequence.Generation.Complete(failure is null ? last?.FinishReason ?? FinishReason.Length : null, failure);
    }

    private void Publish() => Counters.Publish(_running.Count, _cache, _prefixes);
}
