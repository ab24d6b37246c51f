using static TorchSharp.torch;

namespace NemotronH.Evaluation.Decoding;

/// <summary>Continues many sequences, a batch at a time: when one ends, the next takes its place.</summary>
/// <param name="model">The model; it has a free slot for each sequence of a batch, and a tokenizer.</param>
/// <param name="batch">Sequences at once.</param>
internal sealed class BatchGenerator(LanguageModel model, int batch)
{
    /// <summary>Continues all sequences. Which run side by side depends on the requests alone.</summary>
    /// <param name="requests">The sequences; each may generate at least one token.</param>
    /// <param name="finished">Called with the index and the continuation of each, in the order in which they end.</param>
    /// <param name="cancellationToken">Checked before each pass.</param>
    public void Run(IReadOnlyList<GenerationRequest> requests, Action<int, GeneratedText> finished, CancellationToken cancellationToken)
    {
        var active = new List<DecodingSequence>();
        int next = 0;
        try
        {
            while (active.Count > 0 || next < requests.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (; active.Count < batch && next < requests.Count; next++)
                {
                    active.Add(new DecodingSequence(next, requests[next], model));
                }

                Step(active);
                foreach (DecodingSequence sequence in active.Where(sequence => sequence.Finished is not null))
                {
                    finished(sequence.Index, sequence.Finished!);
                }

                active.RemoveAll(Retire);
            }
        }
        finally
        {
            active.ForEach(sequence => model.Runner.Cache.Remove(sequence.Cached));
        }
    }

    private bool Retire(DecodingSequence sequence)
    {
        if (sequence.Finished is null)
        {
            return false;
        }

        model.Runner.Cache.Remove(sequence.Cached);
        return true;
    }

    /// <summary>One pass: a piece of the prompt of those that are at it, a token of the others.</summary>
    private void Step(List<DecodingSequence> active)
    {
        DecodingSequence[] prefilling = [.. active.Where(sequence => sequence.IsPrefilling)];
        DecodingSequence[] decoding = [.. active.Where(sequence => !sequence.IsPrefilling)];
        using Tensor logits = model.Runner.Step(
            [.. prefilling.Select(sequence => sequence.TakePiece(model.Options.PrefillChunk))], [.. decoding.Select(sequence => sequence.Decode)]);
        using Tensor onHost = logits.cpu();
        float[] values = onHost.data<float>().ToArray();
        int vocabulary = model.Config.VocabSize;
        int row = 0;
        foreach (DecodingSequence sequence in prefilling.Concat(decoding))
        {
            if (!sequence.IsPrefilling)
            {
                sequence.Accept(values.AsSpan(row * vocabulary, vocabulary));
            }

            row++;
        }
    }
}
