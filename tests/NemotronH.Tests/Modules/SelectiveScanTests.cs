using NemotronH.Modules;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

public sealed class SelectiveScanTests : IDisposable
{
    private const int Heads = 6;
    private const int Groups = 3;
    private const int HeadDim = 5;
    private const int N = 7;
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public SelectiveScanTests() => manual_seed(11);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1, 128)]
    [InlineData(5, 5)]
    [InlineData(7, 3)]
    [InlineData(130, 16)]
    [InlineData(300, 128)]
    public void Chunked_scan_equals_the_recurrence_in_double_precision(int length, int chunk)
    {
        Inputs inputs = Inputs.Random(length);
        Tensor state = randn([Heads, HeadDim, N]);
        (double[,,] expected, double[,,] expectedState) = Recurrence(inputs, state);

        using var layout = new ScanLayout([length], chunk, CPU);
        Tensor y = SelectiveScan.Chunked(layout, [state], inputs.X, inputs.Dt, inputs.A, inputs.B, inputs.C);

        AssertClose(expected, y, 2e-4);
        AssertClose(expectedState, state, 2e-4);
    }

    [Theory]
    [InlineData(128, 300, 1, 128)]
    [InlineData(16, 5, 129, 40)]
    [InlineData(3, 1, 1, 1)]
    [InlineData(128, 7, 2, 30)]
    public void Pieces_of_several_sequences_are_each_what_they_are_alone(int chunk, params int[] lengths)
    {
        Inputs inputs = Inputs.Random(lengths.Sum());
        Tensor[] states = [.. lengths.Select(_ => randn([Heads, HeadDim, N]))];
        var expected = new List<(double[,,] Y, double[,,] State)>();
        int row = 0;
        foreach ((int length, Tensor state) in lengths.Zip(states))
        {
            expected.Add(Recurrence(inputs.Slice(row, length), state));
            row += length;
        }

        using var layout = new ScanLayout(lengths, chunk, CPU);
        Tensor y = SelectiveScan.Chunked(layout, states, inputs.X, inputs.Dt, inputs.A, inputs.B, inputs.C);

        row = 0;
        for (int i = 0; i < lengths.Length; i++)
        {
            AssertClose(expected[i].Y, y.narrow(0, row, lengths[i]), 2e-4);
            AssertClose(expected[i].State, states[i], 2e-4);
            row += lengths[i];
        }
    }

    [Fact]
    public void A_sequence_that_is_not_finite_leaves_its_neighbours_alone()
    {
        Inputs inputs = Inputs.Random(60);
        Tensor[] states = [randn([Heads, HeadDim, N]), full([Heads, HeadDim, N], double.NaN), randn([Heads, HeadDim, N])];
        using var layout = new ScanLayout([20, 20, 20], 8, CPU);

        Tensor y = SelectiveScan.Chunked(layout, states, inputs.X, inputs.Dt, inputs.A, inputs.B, inputs.C);

        Assert.True(y.narrow(0, 0, 20).isfinite().all().item<bool>());
        Assert.True(y.narrow(0, 40, 20).isfinite().all().item<bool>());
        Assert.True(states[0].isfinite().all().item<bool>() && states[2].isfinite().all().item<bool>());
        Assert.False(y.narrow(0, 20, 20).isfinite().any().item<bool>());
    }

    [Fact]
    public void One_token_step_equals_the_recurrence_in_double_precision()
    {
        Inputs inputs = Inputs.Random(1);
        Tensor state = randn([Heads, HeadDim, N]);
        (double[,,] expected, double[,,] expectedState) = Recurrence(inputs, state);
        Tensor batched = state.unsqueeze(0);

        Tensor y = SelectiveScan.Step(batched, inputs.X, inputs.Dt, inputs.A, inputs.B, inputs.C);

        AssertClose(expected, y, 1e-5);
        AssertClose(expectedState, batched.squeeze(0), 1e-5);
    }

    [Theory]
    [InlineData(1, 4, 2, 3, 7)]
    [InlineData(5, 6, 3, 8, 20)]
    [InlineData(3, 8, 1, 16, 128)]
    [InlineData(9, 16, 4, 64, 256)]
    public void The_step_on_the_host_equals_that_of_torch(int sequences, int heads, int groups, int headDim, int n)
    {
        // B and C are slices of wider rows, as in the model.
        Tensor state = randn([sequences, heads, headDim, n]), expectedState = state.clone();
        Tensor x = randn([sequences, heads, headDim]), dt = rand([sequences, heads]), a = -rand([heads]);
        Tensor bc = randn([sequences, groups, 2 * n]), b = bc.narrow(2, 0, n), c = bc.narrow(2, n, n);
        Tensor expected = SelectiveScan.Step(expectedState, x, dt, a, b, c);

        Tensor actual = HostSelectiveStep.Run(state, x, dt, a, b, c);

        Assert.True(allclose(expected, actual, 1e-4, 1e-4));
        Assert.True(allclose(expectedState, state, 1e-5, 1e-6));
    }

    [Fact]
    public void A_long_chunked_scan_with_strong_decay_does_not_drift()
    {
        Inputs inputs = Inputs.Random(4096) with { A = full([Heads], -16f) };
        Tensor state = zeros([Heads, HeadDim, N]);
        (double[,,] expected, double[,,] expectedState) = Recurrence(inputs, state);

        using var layout = new ScanLayout([4096], 128, CPU);
        Tensor y = SelectiveScan.Chunked(layout, [state], inputs.X, inputs.Dt, inputs.A, inputs.B, inputs.C);

        AssertClose(expected, y, 2e-4);
        AssertClose(expectedState, state, 2e-4);
    }

    /// <summary>The definition, one number at a time.</summary>
    private static (double[,,] Y, double[,,] State) Recurrence(Inputs inputs, Tensor initial)
    {
        int length = (int)inputs.X.size(0);
        float[] x = Values(inputs.X), dt = Values(inputs.Dt), a = Values(inputs.A), b = Values(inputs.B), c = Values(inputs.C), s0 = Values(initial);
        var y = new double[length, Heads, HeadDim];
        var state = new double[Heads, HeadDim, N];
        for (int i = 0; i < s0.Length; i++)
        {
            state[i / (HeadDim * N), i / N % HeadDim, i % N] = s0[i];
        }

        for (int t = 0; t < length; t++)
        {
            for (int h = 0; h < Heads; h++)
            {
                int g = h / (Heads / Groups);
                double step = dt[(t * Heads) + h];
                for (int p = 0; p < HeadDim; p++)
                {
                    for (int n = 0; n < N; n++)
                    {
                        state[h, p, n] = (Math.Exp(step * a[h]) * state[h, p, n])
                            + (step * x[(((t * Heads) + h) * HeadDim) + p] * b[(((t * Groups) + g) * N) + n]);
                        y[t, h, p] += state[h, p, n] * c[(((t * Groups) + g) * N) + n];
                    }
                }
            }
        }

        return (y, state);
    }

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    private static void AssertClose(double[,,] expected, Tensor actual, double tolerance)
    {
        float[] values = Values(actual);
        Assert.Equal(expected.Length, values.Length);
        int i = 0;
        foreach (double value in expected)
        {
            Assert.InRange(values[i++], value - (tolerance * (1 + Math.Abs(value))), value + (tolerance * (1 + Math.Abs(value))));
        }
    }

    private sealed record Inputs(Tensor X, Tensor Dt, Tensor A, Tensor B, Tensor C)
    {
        public Inputs Slice(int first, int count) => new(
            X.narrow(0, first, count), Dt.narrow(0, first, count), A, B.narrow(0, first, count), C.narrow(0, first, count));

        public static Inputs Random(int length) => new(
            randn([length, Heads, HeadDim]),
            rand([length, Heads]) * 0.3,
            -(rand([Heads]) * 8) - 0.1,
            randn([length, Groups, N]),
            randn([length, Groups, N]));
    }
}
