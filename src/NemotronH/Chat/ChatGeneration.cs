using System.Runtime.CompilerServices;
using NemotronH.Generation;
using NemotronH.Text.Parsing;

namespace NemotronH.Chat;

/// <summary>An answer on its way.</summary>
/// <remarks>One reader enumerates it, once.</remarks>
public sealed class ChatGeneration : IAsyncDisposable
{
    private readonly EngineGeneration _generation;
    private readonly ModelOutputParser _parser;
    private readonly bool _allowMultipleToolCalls;
    private int _completionTokens;
    private int _undecided;
    private int _reasoningTokens;
    private bool _hasCalled;

    internal ChatGeneration(EngineGeneration generation, ModelOutputParser parser, bool allowMultipleToolCalls)
    {
        _generation = generation;
        _parser = parser;
        _allowMultipleToolCalls = allowMultipleToolCalls;
    }

    /// <summary>Token counts so far. Tokens count as they are read: the engine may be ahead, and go a little beyond where an answer is cut.</summary>
    public ChatUsage Usage
    {
        get
        {
            GenerationUsage usage = _generation.Usage;
            return new ChatUsage(usage.PromptTokens, usage.CachedTokens, Volatile.Read(ref _completionTokens), _reasoningTokens);
        }
    }

    /// <summary>How long it waited and ran so far.</summary>
    public EngineTimings Timings => _generation.Timings;

    /// <summary>Why it ended; <see langword="null"/> while it goes on.</summary>
    public ChatFinish? Finish { get; private set; }

    /// <summary>The answer as it is made. Leaving the enumeration early cancels it.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>A part for each token, and one for what was held back until the end.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="NemotronHException">It failed; the message says why.</exception>
    public async IAsyncEnumerable<ChatDelta> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        FinishReason? reason = null;
        await foreach (GeneratedToken token in _generation.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            reason = token.FinishReason;
            Volatile.Write(ref _completionTokens, _completionTokens + 1);
            IReadOnlyList<OutputEvent> events = Take(_parser.Append(token.Text), tokens: 1);
            yield return new ChatDelta(token, events);
            if (_hasCalled && !_allowMultipleToolCalls)
            {
                break;
            }
        }

        bool isCut = _hasCalled && !_allowMultipleToolCalls;
        yield return new ChatDelta(null, isCut ? [] : Take(_parser.Flush(), tokens: 0));
        Finish = _hasCalled && (isCut || reason != FinishReason.Length) ? ChatFinish.ToolCalls : reason == FinishReason.Stop ? ChatFinish.Stop : ChatFinish.Length;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _generation.DisposeAsync();

    /// <summary>Counts a token by the kind of text that it turns out to be part of.</summary>
    private IReadOnlyList<OutputEvent> Take(IReadOnlyList<OutputEvent> events, int tokens)
    {
        _undecided += tokens;
        IEnumerable<OutputEvent> kept = events;
        foreach (OutputEvent part in events)
        {
            _reasoningTokens += part is ReasoningDelta ? _undecided : 0;
            _undecided = 0;
            if (part is ToolCall && !_hasCalled)
            {
                _hasCalled = true;
                int first = events.ToList().IndexOf(part);
                kept = _allowMultipleToolCalls ? events : events.Take(first + 1);
            }
        }

        return [.. kept];
    }
}
