using NemotronH.Caching;
using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Runtime;
using NemotronH.Modules;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Runs a model over its caches: prompts in pieces, then token by token.</summary>
/// <remarks>Belongs to one thread at a time. Every tensor that a call makes is gone when it returns, the result excepted.</remarks>
/// <param name="model">The model.</param>
/// <param name="cache">Its caches.</param>
/// <param name="prefillChunk">Most prompt tokens per pass.</param>
public sealed class ModelRunner(NemotronHModel model, ModelCache cache, int prefillChunk)
{
    private readonly bool _isSmall = SmallModel.Decodes(model.Config, cache.Options);

    /// <summary>The model's caches.</summary>
    public ModelCache Cache { get; } = cache;

    /// <summary>Decodes with kernels of our own; without one, the model's modules do.</summary>
    internal RecordedDecoder? Decoder { get; init; }

    /// <summary>Decodes sequences whose tokens the device chooses; without one, the host chooses all tokens.</summary>
    internal RunAheadDecoder? Ahead { get; set; }

    /// <summary>Appends prompt tokens to a sequence.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">At least one token.</param>
    /// <param name="cancellationToken">Checked between pieces.</param>
    /// <returns>[V] float32 logits that follow the last token; the caller disposes.</returns>
    public Tensor Prefill(CachedSequence sequence, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        for (; tokens.Length > prefillChunk; tokens = tokens[prefillChunk..])
        {
            cancellationToken.ThrowIfCancellationRequested();
            Run([(sequence, tokens[..prefillChunk])], [], static (_, _) => null)?.Dispose();
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Run([(sequence, tokens)], [], static (model, hidden) => model.ComputeLogits(hidden.narrow(0, hidden.size(0) - 1, 1)).squeeze(0))!;
    }

    /// <summary>Appends prompt tokens to a sequence and scores every position.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">At least one token.</param>
    /// <param name="cancellationToken">Checked between pieces.</param>
    /// <returns>[tokens, V] float32 logits on the CPU; the caller disposes.</returns>
    public Tensor PrefillAll(CachedSequence sequence, ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        var pieces = new List<Tensor>();
        try
        {
            for (int start = 0; start < tokens.Length; start += prefillChunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlyMemory<int> piece = tokens.Slice(start, Math.Min(prefillChunk, tokens.Length - start));
                pieces.Add(Run([(sequence, piece)], [], static (model, hidden) => model.ComputeLogits(hidden).cpu())!);
            }

            return cat(pieces, 0);
        }
        finally
        {
            pieces.ForEach(piece => piece.Dispose());
        }
    }

    /// <summary>Appends prompt tokens to several sequences in one pass.</summary>
    /// <param name="prefills">Prompt pieces: a sequence and its next tokens.</param>
    /// <returns>[T, H] hidden states after the final norm, the pieces' rows in order; the caller disposes.</returns>
    public Tensor PrefillHidden(IReadOnlyList<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)> prefills) =>
        Run(prefills, [], static (_, hidden) => hidden)!;

    /// <summary>Scores hidden states against the vocabulary.</summary>
    /// <param name="hidden">[T, H] from <see cref="PrefillHidden"/>, or rows of it.</param>
    /// <returns>[T, V] float32 logits; the caller disposes.</returns>
    public Tensor ComputeLogits(Tensor hidden)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        return model.ComputeLogits(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Appends one token to each of several sequences.</summary>
    /// <param name="next">The sequences and their tokens.</param>
    /// <returns>[sequences, V] float32 logits; the caller disposes.</returns>
    public Tensor Decode(IReadOnlyList<(CachedSequence Sequence, int Token)> next)
    {
        if (Decoder is null || next.Count > Decoder.MaxBatch)
        {
            using OpenMpThreads.Restorer threads = _isSmall ? OpenMpThreads.Set(1) : default;
            return Run([], next, static (model, hidden) => model.ComputeLogits(hidden))!;
        }

        using var scope = NewDisposeScope();
        return Decoder.Decode(next).clone().MoveToOuterDisposeScope();
    }

    /// <summary>One pass over prompt pieces and decoded tokens together.</summary>
    /// <param name="prefills">Prompt pieces: a sequence and its next tokens.</param>
    /// <param name="decodes">Decoded tokens.</param>
    /// <returns>[pieces + decodes, V] float32 logits that follow the last token of each; the caller disposes.</returns>
    public Tensor Step(
        IReadOnlyList<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)> prefills,
        IReadOnlyList<(CachedSequence Sequence, int Token)> decodes)
    {
        var lastRows = new List<long>();
        foreach ((_, ReadOnlyMemory<int> tokens) in prefills)
        {
            lastRows.Add((lastRows.Count == 0 ? -1 : lastRows[^1]) + tokens.Length);
        }

        int prefillRows = prefills.Sum(prefill => prefill.Tokens.Length);
        lastRows.AddRange(Enumerable.Range(prefillRows, decodes.Count).Select(row => (long)row));
        return Run(prefills, decodes, (model, hidden) => model.ComputeLogits(hidden.index_select(0, tensor(lastRows.ToArray(), device: hidden.device))))!;
    }

    private Tensor? Run(
        IReadOnlyList<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)> prefills,
        IReadOnlyList<(CachedSequence Sequence, int Token)> decodes,
        Func<NemotronHModel, Tensor, Tensor?> score)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var batch = new ForwardBatch(Cache, prefills, decodes);
        return score(model, model.forward(batch))?.MoveToOuterDisposeScope();
    }
}
