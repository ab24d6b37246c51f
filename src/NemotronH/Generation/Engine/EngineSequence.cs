using System.Runtime.InteropServices;
using NemotronH.Caching;
using NemotronH.Generation.Recorded;

namespace NemotronH.Generation;

/// <summary>A request's state on the engine's thread.</summary>
internal sealed class EngineSequence : IDecodedSequence
{
    private readonly StopConditions _stop;
    private readonly TextStream? _text;
    private readonly List<int> _tokens;
    private readonly Queue<(int Position, bool Expendable)> _borders = [];

    /// <summary>Takes a request apart; may run on any thread.</summary>
    public EngineSequence(EngineRequest request, LanguageModel model, Action wake)
    {
        Request = request;
        PromptIds = [.. request.PromptIds];
        _tokens = [.. PromptIds];
        _stop = new StopConditions(request.Options, model, PromptIds.Length);
        _text = model.Tokenizer is null ? null : new TextStream(model.Tokenizer, request.Options);
        Sampler = new Sampler(SamplingDefaults.Apply(request.Options, model.Defaults), PromptIds);
        Generation = new EngineGeneration(PromptIds.Length, Math.Max(1, _stop.Limit), wake);

        PromptScores = request.PromptLogProbs ? new PromptScores(PromptIds, request.TopLogProbs) : null;

        // Nothing is computed after the last token.
        MostPages = model.Runner.Cache.Options.PagesFor(PromptIds.Length + Math.Max(0, _stop.Limit - 1));
    }

    /// <summary>What was asked for.</summary>
    public EngineRequest Request { get; }

    /// <summary>The caller's end.</summary>
    public EngineGeneration Generation { get; }

    /// <summary>The prompt.</summary>
    public int[] PromptIds { get; }

    /// <summary>Chooses its tokens.</summary>
    public Sampler Sampler { get; }

    /// <summary>Whether its tokens can only be chosen on the host.</summary>
    public bool NeedsHostSampling => Request.Constraint is not null || Request.TopLogProbs >= 0 || Sampler.Adjusts;

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens => _stop.EndTokens;

    /// <inheritdoc/>
    public int LengthLimit => _stop.LengthLimit;

    /// <summary>Log-probabilities of the prompt's tokens, where they are wanted.</summary>
    public PromptScores? PromptScores { get; }

    /// <summary>Attention pages that it takes at most: what it is admitted by.</summary>
    public int MostPages { get; }

    /// <summary>Its place in the caches; set while it runs.</summary>
    public CachedSequence Cached { get; private set; } = null!;

    /// <summary>Whether it holds a slot.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether part of its prompt is still to be computed.</summary>
    public bool IsPrefilling => Cached.Length < PromptIds.Length;

    /// <summary>Prompt tokens still to be computed.</summary>
    public int PromptLeft => PromptIds.Length - Cached.Length;

    /// <summary>Prompt tokens up to the next place at which its state is kept.</summary>
    public int LeftToBorder => (_borders.TryPeek(out (int Position, bool) border) ? border.Position : PromptIds.Length) - Cached.Length;

    /// <summary>The token that the next step computes from.</summary>
    public int LastToken => _tokens[^1];

    /// <summary>The tokens that the caches hold of it.</summary>
    public ReadOnlySpan<int> CachedTokens => CollectionsMarshal.AsSpan(_tokens)[..Cached.Length];

    /// <summary>Whether no token is wanted, only the prompt's state or log-probabilities.</summary>
    public bool WantsNothing => _stop.AtStart is not null;

    /// <summary>Gives it a place in the caches.</summary>
    /// <param name="cached">The place, with what of the prompt is known already.</param>
    public void Enter(CachedSequence cached)
    {
        Cached = cached;
        IsRunning = true;
        foreach ((int, bool) border in PrefixBorders.Choose(Request.PrefixBorders, PromptIds.Length, cached.Length))
        {
            _borders.Enqueue(border);
        }
    }

    /// <summary>Takes its place away.</summary>
    public void Leave() => IsRunning = false;

    /// <summary>Whether its state is to be kept as it is now.</summary>
    /// <param name="expendable">Whether it may go first.</param>
    public bool IsAtBorder(out bool expendable)
    {
        bool at = _borders.TryPeek(out (int Position, bool Expendable) border) && border.Position == Cached.Length;
        expendable = border.Expendable;
        if (at)
        {
            _borders.Dequeue();
        }

        return at;
    }

    /// <summary>Takes the chosen token.</summary>
    /// <returns>What the caller gets.</returns>
    public GeneratedToken Accept(SampledToken token)
    {
        _tokens.Add(token.Id);
        Request.Constraint?.Accept(token.Id);
        FinishReason? reason = _stop.After(token.Id, _tokens.Count - PromptIds.Length)
            ?? (Request.Constraint is { IsComplete: true } ? FinishReason.Stop : null);
        string text = _text?.Append(token.Id, isLast: reason is not null) ?? "";
        reason = _text is { Stopped: true } ? FinishReason.Stop : reason;
        return new GeneratedToken(token.Id, text, token.LogProb, token.Top, reason);
    }
}
