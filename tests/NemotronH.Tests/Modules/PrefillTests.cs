using NemotronH.Caching;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Prompts in one pass, in pieces and side by side, against the same tokens decoded one by one, and against HF transformers.</summary>
public sealed class PrefillTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => TestModel.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Prompts_of_all_lengths_around_a_chunk_equal_their_tokens_decoded_one_by_one(string name) =>
        CheckLengths(name, [1, 127, 128, 129, 1000]);

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Long")]
    public void A_long_prompt_equals_its_tokens_decoded_one_by_one(string name) => CheckLengths(name, [4096]);

    [Theory]
    [MemberData(nameof(Names))]
    public void Unequal_pieces_of_three_unequal_prompts_in_one_pass_equal_each_decoded_alone(string name)
    {
        using TestModel model = TestModel.Create(name, maxContext: 1000);
        int[][] prompts = [model.RandomIds(700, 1), model.RandomIds(129, 2), model.RandomIds(300, 3)];
        Tensor[] expected = [.. prompts.Select(prompt => Decode(model, prompt))];
        CachedSequence[] sequences = [.. prompts.Select(_ => model.Cache.Add())];

        // Pages of the sequences interleave; a sequence joins late, one pauses, one ends early; a piece is a single token.
        foreach (int[] counts in new int[][] { [300, 50, 0], [129, 1, 45], [128, 78, 127], [1, 0, 127], [142, 0, 1] })
        {
            using var scope = NewDisposeScope();
            int[] starts = [.. sequences.Select(sequence => sequence.Length)];
            int[] present = [.. Enumerable.Range(0, 3).Where(i => counts[i] > 0)];
            Tensor logits = Logits(model, [.. present.Select(i => (sequences[i], (ReadOnlyMemory<int>)prompts[i].AsMemory(starts[i], counts[i])))]);
            int row = 0;
            foreach (int i in present)
            {
                AssertClose(expected[i].narrow(0, starts[i], counts[i]), logits.narrow(0, row, counts[i]), Tolerance);
                row += counts[i];
            }
        }

        Assert.Equal(prompts.Select(prompt => prompt.Length), sequences.Select(sequence => sequence.Length));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Three_prompts_side_by_side_in_pieces_equal_the_logits_of_transformers(string name)
    {
        using var scope = NewDisposeScope();
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", name), ReferenceRecord.Float32 with { MaxSequences = 3 });
        using ReferenceRecord reference = ReferenceRecord.Beside(Fixtures.Directory("hf", name));
        int[] lengths = [130, 7, 33];
        CachedSequence[] sequences = [.. lengths.Select(_ => model.Runner.Cache.Add())];
        foreach (int[] counts in new int[][] { [50, 3, 20], [80, 4, 13] })
        {
            Tensor hidden = model.Runner.PrefillHidden(
                [.. sequences.Select((sequence, i) => (sequence, (ReadOnlyMemory<int>)reference.Prompt(lengths[i]).AsMemory(sequence.Length, counts[i])))]);
            Tensor logits = model.Runner.ComputeLogits(hidden);
            int row = 0;
            for (int i = 0; i < 3; i++)
            {
                Tensor expected = reference.Read($"logits_{lengths[i]}").narrow(0, sequences[i].Length - counts[i], counts[i]);
                AssertClose(expected, logits.narrow(0, row, counts[i]), 2e-3);
                row += counts[i];
            }
        }
    }

    [Fact]
    public void Bfloat16_pieces_behind_a_history_are_as_near_to_float32_as_the_whole_prompt()
    {
        using var scope = NewDisposeScope();
        using TestModel exact = TestModel.Create("dense"), rounded = TestModel.Create("dense", dtype: ScalarType.BFloat16);
        int[] ids = exact.RandomIds(400);
        Tensor expected = Prefill(exact, ids, 512), whole = Prefill(rounded, ids, 512), pieces = Prefill(rounded, ids, 57);

        double errorOfWhole = Error(whole), errorOfPieces = Error(pieces);
        Assert.InRange(errorOfWhole, 1e-4, 0.05);
        Assert.InRange(errorOfPieces, errorOfWhole / 2, errorOfWhole * 2);

        double Error(Tensor actual) => ((actual - expected).norm() / expected.norm()).item<float>();
    }

    private static void CheckLengths(string name, int[] lengths)
    {
        using var scope = NewDisposeScope();
        using TestModel model = TestModel.Create(name, maxContext: lengths.Max());
        int[] ids = model.RandomIds(lengths.Max());
        Tensor expected = Decode(model, ids);
        foreach (int length in lengths)
        {
            foreach (int piece in new[] { length, 97, 300 }.Where(piece => piece <= length))
            {
                AssertClose(expected.narrow(0, 0, length), Prefill(model, ids[..length], piece), Tolerance);
            }
        }
    }

    private static Tensor Prefill(TestModel model, int[] ids, int piece)
    {
        CachedSequence sequence = model.Cache.Add();
        Tensor logits = model.Runner(piece).PrefillAll(sequence, ids);
        model.Cache.Remove(sequence);
        return logits;
    }

    private static Tensor Decode(TestModel model, int[] ids)
    {
        CachedSequence sequence = model.Cache.Add();
        ModelRunner runner = model.Runner();
        Tensor logits = cat([.. ids.Select(id => runner.Decode([(sequence, id)]))], 0);
        model.Cache.Remove(sequence);
        return logits;
    }

    private static Tensor Logits(TestModel model, IReadOnlyList<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)> pieces)
    {
        ModelRunner runner = model.Runner();
        return runner.ComputeLogits(runner.PrefillHidden(pieces));
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= tolerance, $"The logits differ by {difference}.");
        Assert.True(expected.std().item<float>() > 0.1, "Logits that hardly vary would hide a difference.");
    }
}
