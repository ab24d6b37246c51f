using System.Text;
using NemotronH.Caching;
using NemotronH.Generation;

namespace NemotronH.Evaluation.Decoding;

/// <summary>A sequence on its way through a batch: first its prompt in pieces, then token by token.</summary>
internal sealed class DecodingSequence
{
    private readonly int[] _promptIds;
    private readonly Sampler _sampler;
    private readonly StopConditions _stop;
    private readonly TextStream _stream;
    private readonly StringBuilder _text = new();
    private int _prefilled;
    private int _generated;
    private int _lastToken;

    public DecodingSequence(int index, GenerationRequest request, LanguageModel model)
    {
        Index = index;
        _promptIds = request.PromptIds;
        _sampler = new Sampler(request.Sampling, _promptIds);
        _stop = new StopConditions(request.Options, model, _promptIds.Length);
        _stream = new TextStream(model.Tokenizer!, request.Options);
        Cached = model.Runner.Cache.Add();
    }

    /// <summary>Index of its request.</summary>
    public int Index { get; }

    /// <summary>Its place in the caches.</summary>
    public CachedSequence Cached { get; }

    /// <summary>Whether part of the prompt is still to be run.</summary>
    public bool IsPrefilling => _prefilled < _promptIds.Length;

    /// <summary>The continuation, once it has ended.</summary>
    public GeneratedText? Finished { get; private set; }

    /// <summary>The token to decode next.</summary>
    public (CachedSequence Sequence, int Token) Decode => (Cached, _lastToken);

    /// <summary>Takes the next piece of the prompt.</summary>
    /// <param name="chunk">Most tokens.</param>
    public (CachedSequence Sequence, ReadOnlyMemory<int> Tokens) TakePiece(int chunk)
    {
        ReadOnlyMemory<int> piece = _promptIds.AsMemory(_prefilled, Math.Min(chunk, _promptIds.Length - _prefilled));
        _prefilled += piece.Length;
        return (Cached, piece);
    }

    /// <summary>Chooses a token from the logits that follow the last one.</summary>
    /// <param name="logits">[V].</param>
    public void Accept(ReadOnlySpan<float> logits)
    {
        _lastToken = _sampler.Next(logits);
        _generated++;
        FinishReason? reason = _stop.After(_lastToken, _generated);
        _text.Append(_stream.Append(_lastToken, isLast: reason is not null));
        reason = _stream.Stopped ? FinishReason.Stop : reason;
        Finished = reason is null ? null : new GeneratedText(_text.ToString(), _generated, reason.Value);
    }
}
