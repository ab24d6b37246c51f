using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Sampling;

public sealed class AdvanceSequencesTests
{
    private delegate void Advance(Tensor sampled, SequenceRows rows, Tensor draws, Tensor ring, Tensor step);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(128)]
    public void The_reference_does_what_plain_loops_do(int batch)
    {
        using var scope = NewDisposeScope();
        Compare(batch, CPU, (sampled, rows, draws, ring, step) =>
            AdvanceSequencesReference.Advance(sampled, rows, SequenceFixture.DummySlot, draws, ring, step));
    }

    [Trait("Category", "Gpu")]
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(33)]
    [InlineData(128)]
    public void The_kernel_does_what_plain_loops_do(int batch)
    {
        using KernelRun run = new();
        AdvanceSequences advance = new(run.Library, batch);
        Compare(batch, CUDA, (sampled, rows, draws, ring, step) =>
            advance.Launch(run.Stream, sampled, rows, SequenceFixture.DummySlot, draws, ring, step));
    }

    /// <summary>What a decode step ends with, replayed while the host looks away: the ring tells what happened.</summary>
    [Trait("Category", "Gpu")]
    [Fact]
    public void Replayed_steps_feed_themselves_until_their_sequences_end()
    {
        using KernelRun run = new();
        using SequenceRows rows = SequenceRows.Padding(2, 1, SequenceFixture.DummySlot, CUDA);
        using SamplingRows sampling = SamplingRows.Greedy(2, CUDA);
        rows.Slots[0] = 3;
        rows.TokenIds[0] = 4;
        rows.Limits[0] = 100;
        rows.EndTokens[0, 0] = 9;

        // A model whose next token is the last one plus one.
        Tensor model = eye(16, device: CUDA).roll(1, 1), logits = empty(2, 16, device: CUDA);
        Tensor tokens = KernelRun.Poisoned(ScalarType.Int32, 2);
        Tensor ring = KernelRun.Poisoned(ScalarType.Int32, 8, 2), step = zeros(1, ScalarType.Int32, CUDA);
        SampleTokens sample = new(run.Library, 2, 16);
        AdvanceSequences advance = new(run.Library, 2);
        Step();
        using CudaGraph graph = CudaGraph.Capture(run.Stream, Step, [rows, sampling, model, logits, tokens, ring, step]);
        using CudaGraphExec executable = graph.Instantiate();
        for (int replay = 0; replay < 7; replay++)
        {
            executable.Launch(run.Stream);
        }

        Assert.Equal([5, -1, 6, -1, 7, -1, 8, -1, 9, -1, -1, -1, -1, -1, -1, -1], ring.cpu().data<int>().ToArray());
        Assert.Equal([8, 0], rows.TokenIds.cpu().data<int>().ToArray());
        Assert.Equal([0, 0], rows.Positions.cpu().data<int>().ToArray());
        Assert.Equal([SequenceFixture.DummySlot, SequenceFixture.DummySlot], rows.Slots.cpu().data<int>().ToArray());
        Assert.Equal([(int)SequenceState.Stopped, 0], rows.Finished.cpu().data<int>().ToArray());
        Assert.Equal(8, step.item<int>());

        void Step()
        {
            using var scope = NewDisposeScope();
            Gather(logits, model, rows.TokenIds);
            sample.Launch(run.Stream, logits, sampling, tokens);
            advance.Launch(run.Stream, tokens, rows, SequenceFixture.DummySlot, sampling.Draws, ring, step, programmatic: true);
        }

        static void Gather(Tensor target, Tensor source, Tensor index) => target.copy_(source.index_select(0, index));
    }

    private static void Compare(int batch, Device device, Advance advance)
    {
        SequenceFixture fixture = new(batch, seed: batch);
        using SequenceRows rows = fixture.Rows(device);
        Tensor draws = zeros(batch, ScalarType.Int64, device), ring = full(SequenceFixture.Ring, batch, -77, ScalarType.Int32, device);
        Tensor step = zeros(1, ScalarType.Int32, device);
        for (int turn = 0; turn < 10; turn++)
        {
            int[] sampled = fixture.Sample();
            fixture.Advance(sampled);
            advance(tensor(sampled, dtype: ScalarType.Int32, device: device), rows, draws, ring, step);
            Assert.Equal(fixture.TokenIds, Values(rows.TokenIds));
            Assert.Equal(fixture.Slots, Values(rows.Slots));
            Assert.Equal(fixture.Positions, Values(rows.Positions));
            Assert.Equal(fixture.Finished, Values(rows.Finished));
            Assert.Equal(fixture.RingValues, Values(ring));
            Assert.Equal(fixture.Draws, draws.cpu().data<long>().ToArray());
            Assert.Equal(fixture.Step, step.item<int>());
        }

        static int[] Values(Tensor tensor) => tensor.cpu().data<int>().ToArray();
    }
}
