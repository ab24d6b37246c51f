using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Sampling;

/// <summary>Random sequences with their fate under advancing, decided by plain loops.</summary>
internal sealed class SequenceFixture
{
    public const int DummySlot = 64;
    public const int EndTokens = 2;
    public const int Ring = 4;

    private readonly Random _random;

    public SequenceFixture(int batch, int seed)
    {
        _random = new Random(seed);
        Slots = Each(row => _random.Next(5) == 0 ? DummySlot : row);
        TokenIds = Each(_ => _random.Next(20));
        Positions = Each(_ => _random.Next(10));
        Limits = Each(row => Positions[row] + 2 + _random.Next(8));
        Ends = [.. Enumerable.Range(0, batch * EndTokens).Select(_ => _random.Next(-1, 8))];
        Finished = new int[batch];
        Draws = new long[batch];
        RingValues = [.. Enumerable.Repeat(-77, Ring * batch)];

        int[] Each(Func<int, int> value) => [.. Enumerable.Range(0, batch).Select(value)];
    }

    public int[] Slots { get; }

    public int[] TokenIds { get; }

    public int[] Positions { get; }

    public int[] Limits { get; }

    public int[] Ends { get; }

    public int[] Finished { get; }

    public long[] Draws { get; }

    public int[] RingValues { get; }

    public int Step { get; private set; }

    public SequenceRows Rows(Device device)
    {
        return new SequenceRows(
            Int32(Slots), Int32(TokenIds), Int32(Positions), Int32(Finished), Int32(Ends).view(-1, EndTokens), Int32(Limits));

        Tensor Int32(int[] values) => tensor((int[])values.Clone(), dtype: ScalarType.Int32, device: device);
    }

    /// <summary>Tokens for the next step: now and then none.</summary>
    public int[] Sample() => [.. Slots.Select(_ => _random.Next(-1, 20))];

    public void Advance(int[] sampled)
    {
        for (int row = 0; row < Slots.Length; row++)
        {
            bool live = Slots[row] != DummySlot && Finished[row] == 0;
            RingValues[(Step % Ring * Slots.Length) + row] = live ? sampled[row] : -1;
            if (live)
            {
                Advance(row, sampled[row]);
            }
        }

        Step++;
    }

    private void Advance(int row, int token)
    {
        Draws[row] += token < 0 ? 0 : 1;
        if (token < 0)
        {
            End(row, 3);
        }
        else if (Ends.AsSpan(row * EndTokens, EndTokens).Contains(token))
        {
            End(row, 1);
        }
        else if (Positions[row] + 2 >= Limits[row])
        {
            End(row, 2);
        }
        else
        {
            TokenIds[row] = token;
            Positions[row]++;
        }
    }

    /// <summary>The row is padding from then on.</summary>
    private void End(int row, int state) => (Finished[row], Slots[row], Positions[row]) = (state, DummySlot, 0);
}
