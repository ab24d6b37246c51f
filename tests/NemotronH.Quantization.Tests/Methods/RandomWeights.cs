using NemotronH.Quantization.Formats;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>Random weights in every format, and what they stand for by the formats' definitions, in double precision.</summary>
internal sealed class RandomWeights(int seed)
{
    private readonly Random _random = new(seed);

    public float Factor() => (float)Math.Pow(2, (_random.NextDouble() * 4) - 8) * (1 + _random.NextSingle());

    public byte[] Bytes(long count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>E4M3 codes without NaN.</summary>
    public byte[] E4M3Codes(long count) => [.. Bytes(count).Select(code => (code & 0x7F) == 0x7F ? (byte)0x3A : code)];

    /// <summary>E4M3 codes of positive numbers from 1/4 to 4.</summary>
    public byte[] ScaleCodes(long count) => [.. Bytes(count).Select(code => (byte)(0x28 + (code % 0x20)))];

    /// <summary>Numbers from −1 to 1, in memory of torch's own: products round by how their operands are aligned.</summary>
    public Tensor Input(params long[] shape)
    {
        long count = shape.Aggregate((a, b) => a * b);
        return tensor([.. Enumerable.Range(0, (int)count).Select(_ => (2 * _random.NextSingle()) - 1)]).view(shape).clone();
    }

    public long[] Ids(int count, int below) => [.. Enumerable.Range(0, count).Select(_ => (long)_random.Next(below))];

    /// <summary>Adds a module in ModelOpt's NVFP4 layout.</summary>
    /// <returns>[N, K]: what it stands for.</returns>
    public double[,] AddNvfp4(StoredTensors source, string module, int rows, int columns)
    {
        byte[] codes = Bytes((long)rows * columns / 2), scales = ScaleCodes((long)rows * columns / 16);
        float factor = Factor();
        source.Add($"{module}.weight", tensor(codes).view(rows, columns / 2))
            .Add($"{module}.weight_scale", tensor(scales).view(rows, columns / 16), StoredDtype.Float8E4M3)
            .Add($"{module}.weight_scale_2", tensor(factor));
        return Nvfp4Values(codes, scales, factor, rows, columns);
    }

    /// <summary>Adds a module in FP8.</summary>
    /// <returns>[N, K]: what it stands for.</returns>
    public double[,] AddFp8(StoredTensors source, string module, int rows, int columns)
    {
        byte[] codes = E4M3Codes((long)rows * columns);
        float scale = Factor() / 16;
        source.Add($"{module}.weight", tensor(codes).view(rows, columns), StoredDtype.Float8E4M3).Add($"{module}.weight_scale", tensor(scale));
        return Fp8Values(codes, scale, rows, columns);
    }

    /// <summary>Adds a module in bfloat16.</summary>
    /// <returns>[N, K]: what it stands for.</returns>
    public double[,] AddBFloat16(StoredTensors source, string module, int rows, int columns)
    {
        Tensor weight = Input(rows, columns).to(ScalarType.BFloat16);
        source.Add($"{module}.weight", weight);
        return ToDoubles(weight);
    }

    public static double[,] Nvfp4Values(byte[] codes, byte[] scales, float factor, int rows, int columns)
    {
        double[,] values = new double[rows, columns];
        for (int n = 0; n < rows; n++)
        {
            for (int k = 0; k < columns; k++)
            {
                int code = (codes[((n * columns) + k) / 2] >> (k % 2 * 4)) & 15;
                double scale = ReferenceFormat.Value(scales[(n * (columns / 16)) + (k / 16)], 4, 3, 7);
                values[n, k] = ReferenceFormat.Value(code, 2, 1, 1) * scale * factor;
            }
        }

        return values;
    }

    public static double[,] Fp8Values(byte[] codes, float scale, int rows, int columns)
    {
        double[,] values = new double[rows, columns];
        for (int i = 0; i < codes.Length; i++)
        {
            values[i / columns, i % columns] = ReferenceFormat.Value(codes[i], 4, 3, 7) * scale;
        }

        return values;
    }

    public static double[,] ToDoubles(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        double[] flat = matrix.to(ScalarType.Float64).contiguous().data<double>().ToArray();
        double[,] values = new double[matrix.size(0), matrix.size(1)];
        Buffer.BlockCopy(flat, 0, values, 0, flat.Length * sizeof(double));
        return values;
    }

    /// <summary>x · Wᵀ, one product after the other.</summary>
    public static double[,] Multiply(double[,] x, double[,] weight)
    {
        double[,] y = new double[x.GetLength(0), weight.GetLength(0)];
        for (int t = 0; t < x.GetLength(0); t++)
        {
            for (int n = 0; n < weight.GetLength(0); n++)
            {
                for (int k = 0; k < weight.GetLength(1); k++)
                {
                    y[t, n] += x[t, k] * weight[n, k];
                }
            }
        }

        return y;
    }

    /// <summary>Asserts that two tensors hold the same bits.</summary>
    public static void AssertSame(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        Assert.Equal((expected.dtype, TensorContract.Text(expected.shape)), (actual.dtype, TensorContract.Text(actual.shape)));
        Tensor differs = expected.ne(actual);
        Assert.False(differs.any().item<bool>(), $"{differs.sum().item<long>()} elements differ, by {(expected - actual).abs().max().to(ScalarType.Float32).item<float>()} at most");
    }

    /// <summary>Asserts that a tensor is near numbers of its shape, relative to the largest of them.</summary>
    public static void AssertClose(double[,] expected, Tensor actual, double tolerance)
    {
        double[,] found = ToDoubles(actual);
        Assert.Equal((expected.GetLength(0), expected.GetLength(1)), (found.GetLength(0), found.GetLength(1)));
        double largest = expected.Cast<double>().Max(Math.Abs);
        double difference = expected.Cast<double>().Zip(found.Cast<double>(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(difference <= tolerance * largest, $"differs by {difference} of {largest}");
    }
}
