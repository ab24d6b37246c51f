using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Evaluation.Scoring;

/// <summary>Runs several sequences side by side through a model and keeps the hidden states of chosen positions.</summary>
/// <param name="model">The model; it has a free slot for each sequence.</param>
internal sealed class HiddenStateReader(LanguageModel model)
{
    /// <summary>Runs sequences from empty caches.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="cancellationToken">Checked between passes.</param>
    /// <returns>[P, H] states after the final norm of all positions, in the order of sequences and positions; the caller disposes.</returns>
    public Tensor Read(IReadOnlyList<ScoredSequence> sequences, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        CachedSequence[] cached = [.. sequences.Select(_ => model.Runner.Cache.Add())];
        try
        {
            var rows = new List<Tensor>();
            var places = new List<(int Sequence, int Position)>();
            int longest = sequences.Max(sequence => sequence.Tokens.Length);
            for (int start = 0; start < longest; start += model.Options.PrefillChunk)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadPiece(sequences, cached, start, rows, places);
            }

            return InOrder(sequences, rows, places).MoveToOuterDisposeScope();
        }
        finally
        {
            Array.ForEach(cached, model.Runner.Cache.Remove);
        }
    }

    /// <summary>One pass: the next piece of every sequence that is not at its end.</summary>
    private void ReadPiece(
        IReadOnlyList<ScoredSequence> sequences, CachedSequence[] cached, int start, List<Tensor> rows, List<(int Sequence, int Position)> places)
    {
        var pieces = new List<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)>();
        var wanted = new List<long>();
        int row = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            int length = Math.Min(model.Options.PrefillChunk, sequences[i].Tokens.Length - start);
            if (length > 0)
            {
                int[] positions = [.. sequences[i].Positions.Where(position => position >= start && position < start + length).Distinct()];
                pieces.Add((cached[i], sequences[i].Tokens.Slice(start, length)));
                wanted.AddRange(positions.Select(position => (long)(row + position - start)));
                places.AddRange(positions.Select(position => (i, position)));
                row += length;
            }
        }

        using Tensor hidden = model.Runner.PrefillHidden(pieces);
        if (wanted.Count > 0)
        {
            rows.Add(hidden.index_select(0, tensor(wanted.ToArray(), device: hidden.device)));
        }
    }

    private static Tensor InOrder(IReadOnlyList<ScoredSequence> sequences, List<Tensor> rows, List<(int Sequence, int Position)> places)
    {
        Dictionary<(int, int), long> rowOf = places.Select((place, row) => (place, row)).ToDictionary(pair => pair.place, pair => (long)pair.row);
        long[] order = [.. sequences.SelectMany((sequence, i) => sequence.Positions.Select(position => rowOf[(i, position)]))];
        Tensor all = cat(rows, 0);
        return all.index_select(0, tensor(order, device: all.device));
    }
}
