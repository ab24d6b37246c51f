using NemotronH.Benchmarks;
using NemotronH.Tests.Generation.Engine;
using static TorchSharp.torch;

namespace NemotronH.Tests.Benchmarks;

public sealed class FilledSequencesTests
{
    [Fact]
    public void Whatever_was_decoded_sequences_stand_where_they_stood_once_they_are_put_back()
    {
        using LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 2 });
        using var sequences = new FilledSequences(model.Runner.Cache, 2, 20, 9, model.Config.VocabSize);

        float[] first = Decode(model, sequences);
        float[] again = Decode(model, sequences);

        Assert.Equal(first, again);
        Assert.NotEqual(first[..model.Config.VocabSize], first[model.Config.VocabSize..]);
    }

    /// <summary>The logits of the last of a few steps.</summary>
    private static float[] Decode(LanguageModel model, FilledSequences sequences)
    {
        sequences.Rewind();
        Assert.All(sequences.Rows, row => Assert.Equal(20, row.Sequence.Length));
        float[] last = [];
        for (int i = 0; i < 4; i++)
        {
            using Tensor logits = model.Runner.Decode(sequences.Rows);
            last = logits.data<float>().ToArray();
        }

        return last;
    }
}
