using NemotronH.Caching;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>However a sequence is cut, batched or stepped through, its logits are the same.</summary>
public sealed class ModelConsistencyTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string> Names => TestModel.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoding_from_any_position_equals_the_full_pass(string name)
    {
        using TestModel model = TestModel.Create(name);
        int[] ids = model.RandomIds(40);
        using Tensor full = PrefillAll(model, ids, 512);
        foreach (int from in new[] { 0, 1, 7, 39 })
        {
            using Tensor decoded = DecodeFrom(model, ids, from);
            AssertClose(full, decoded);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Prefill_in_pieces_of_any_size_equals_one_piece(string name)
    {
        using TestModel model = TestModel.Create(name);
        int[] ids = model.RandomIds(300);
        using Tensor full = PrefillAll(model, ids, 512);
        foreach (int piece in new[] { 1, 3, 127, 128, 129, 299 })
        {
            using Tensor pieces = PrefillAll(model, ids, piece);
            AssertClose(full, pieces);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_sequence_of_a_mixed_batch_equals_itself_alone(string name)
    {
        using TestModel model = TestModel.Create(name);
        int[][] prompts = [model.RandomIds(5, 1), model.RandomIds(37, 2), model.RandomIds(1, 3), model.RandomIds(20, 4)];
        Tensor[] alone = [.. prompts.Select(prompt => PrefillAll(model, prompt, 512))];

        // Steps that mix whole prompts, pieces of prompts and decoded tokens of sequences of unequal lengths.
        ModelRunner runner = model.Runner();
        CachedSequence[] sequences = [.. prompts.Select(_ => model.Cache.Add())];
        Check(runner.Step([(sequences[0], prompts[0].AsMemory(0, 4)), (sequences[1], prompts[1].AsMemory(0, 30))], []), (0, 3), (1, 29));
        Check(runner.Step([(sequences[3], prompts[3].AsMemory(0, 10))], [(sequences[1], prompts[1][30]), (sequences[0], prompts[0][4])]), (3, 9), (1, 30), (0, 4));
        Check(runner.Step([(sequences[2], prompts[2]), (sequences[3], prompts[3].AsMemory(10))], [(sequences[1], prompts[1][31])]), (2, 0), (3, 19), (1, 31));

        void Check(Tensor logits, params (int Sequence, int Position)[] rows)
        {
            using (logits)
            {
                for (int i = 0; i < rows.Length; i++)
                {
                    using Tensor expected = alone[rows[i].Sequence][rows[i].Position];
                    using Tensor actual = logits[i];
                    AssertClose(expected, actual);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sequences_of_very_unequal_lengths_are_decoded_together_as_alone(string name)
    {
        using TestModel model = TestModel.Create(name);
        int[][] prompts = [model.RandomIds(300, 1), model.RandomIds(10, 2), model.RandomIds(130, 3), model.RandomIds(120, 4)];
        Tensor[] alone = [.. prompts.Select(prompt => PrefillAll(model, prompt, 512))];
        ModelRunner runner = model.Runner();
        CachedSequence[] sequences = [.. prompts.Select(_ => model.Cache.Add())];
        foreach ((CachedSequence sequence, int[] prompt) in sequences.Zip(prompts))
        {
            runner.Prefill(sequence, prompt.AsMemory(0, prompt.Length - 3)).Dispose();
        }

        // Slots in order, out of order, and with a gap.
        foreach (int[] order in new int[][] { [0, 1, 2, 3], [2, 3, 1, 0], [3, 0, 1] })
        {
            (CachedSequence, int)[] next = [.. order.Select(i => (sequences[i], prompts[i][sequences[i].Length]))];
            using Tensor logits = runner.Decode(next);
            for (int row = 0; row < order.Length; row++)
            {
                using Tensor expected = alone[order[row]][sequences[order[row]].Length - 1];
                using Tensor actual = logits[row];
                AssertClose(expected, actual);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoding_leaves_the_number_of_tensors_as_it_was(string name)
    {
        using TestModel model = TestModel.Create(name);
        ModelRunner runner = model.Runner();
        CachedSequence sequence = model.Cache.Add();
        runner.Prefill(sequence, model.RandomIds(9)).Dispose();
        runner.Decode([(sequence, 1)]).Dispose();

        // What earlier tests left to the finalizer must not go during this one.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        for (int step = 0; step < 20; step++)
        {
            runner.Decode([(sequence, step)]).Dispose();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    private static Tensor PrefillAll(TestModel model, int[] ids, int piece)
    {
        CachedSequence sequence = model.Cache.Add();
        Tensor logits = model.Runner(piece).PrefillAll(sequence, ids);
        model.Cache.Remove(sequence);
        return logits;
    }

    private static Tensor DecodeFrom(TestModel model, int[] ids, int from)
    {
        ModelRunner runner = model.Runner();
        CachedSequence sequence = model.Cache.Add();
        var pieces = new List<Tensor>();
        if (from > 0)
        {
            pieces.Add(runner.PrefillAll(sequence, ids.AsMemory(0, from)));
        }

        pieces.AddRange(ids.Skip(from).Select(id => runner.Decode([(sequence, id)])));
        model.Cache.Remove(sequence);
        return cat(pieces, 0);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= Tolerance, $"The logits differ by {difference}.");
        Assert.True(expected.std().item<float>() > 0.1, "Logits that hardly vary would hide a difference.");
    }
}
