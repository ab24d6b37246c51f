using NemotronH.Caching;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Recorded;

/// <summary>
/// A device's decode steps on the CPU: rows advance and end by themselves, whatever the host believes; tokens lie there until they are read.
/// </summary>
internal sealed class StandInSteps(ModelRunner runner) : IDecodeSteps
{
    private readonly Dictionary<long, int[]> _tokens = [];
    private Row[] _rows = [];
    private long _steps;

    public int MaxBatch => DecodeBuckets.Max;

    public long Writes { get; private set; }

    /// <summary>What was done: q and r with a step's number.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The step that fails.</summary>
    public long FailingStep { get; init; } = -1;

    /// <summary>The step whose logits are not finite, of the first row.</summary>
    public long DamagedStep { get; init; } = -1;

    public void Write(IReadOnlyList<DecodeRow> rows)
    {
        _rows = [.. rows.Select(row => new Row(row))];
        Writes++;
    }

    public long Queue(IReadOnlyList<CachedSequence> advancing)
    {
        long step = _steps++;
        Calls.Add($"q{step}");
        if (step == FailingStep)
        {
            throw new InvalidOperationException("the device is lost");
        }

        foreach (CachedSequence sequence in advancing)
        {
            runner.Cache.Reserve(sequence, 1);
        }

        Run([.. _rows.Where(row => !row.HasEnded)]);
        foreach (CachedSequence sequence in advancing)
        {
            sequence.Length++;
        }

        if (step == DamagedStep)
        {
            _rows[0].Fail();
        }

        // What a row gives after its end is a token like any other.
        _tokens.Add(step, [.. _rows.Select(row => row.Token)]);
        return step;
    }

    public int[] Read(long step)
    {
        Calls.Add($"r{step}");
        Assert.InRange(step, _steps - 2, _steps - 1);
        Assert.True(_tokens.Remove(step, out int[]? tokens), "a step is read twice");
        return tokens;
    }

    private void Run(Row[] live)
    {
        if (live.Length == 0)
        {
            return;
        }

        // The device has positions of its own, and no page but those in its table.
        int[] lengths = [.. live.Select(row => row.Sequence.Length)];
        foreach (Row row in live)
        {
            row.Sequence.Length = row.Position;
            Assert.Equal(0, runner.Cache.MissingPages(row.Sequence, 1));
        }

        using Tensor logits = runner.Decode([.. live.Select(row => (row.Sequence, row.Token))]);
        for (int i = 0; i < live.Length; i++)
        {
            live[i].Sequence.Length = lengths[i];
            using Tensor row = logits[i];
            live[i].Advance(row.data<float>().ToArray());
        }
    }

    private sealed class Row
    {
        private readonly DecodeRow _written;
        private readonly Sampler _sampler;

        public Row(DecodeRow written)
        {
            _written = written;
            (Token, Position) = (written.Token, written.Sequence.Length);
            _sampler = new Sampler(written.Sampling with { Seed = (long)written.Seed }, []);
            for (long draw = 0; draw < written.Draws; draw++)
            {
                _sampler.AcceptFromDevice(0);
            }
        }

        public CachedSequence Sequence => _written.Sequence;

        public int Token { get; private set; }

        public int Position { get; private set; }

        public bool HasEnded { get; private set; }

        public void Fail() => (Token, HasEnded) = (-1, true);

        public void Advance(float[] logits)
        {
            Token = _sampler.Next(logits);
            HasEnded = _written.EndTokens.Take(DecodeRow.MaxEndTokens).Contains(Token) || Position + 2 >= _written.Limit;
            Position += HasEnded ? 0 : 1;
        }
    }
}
