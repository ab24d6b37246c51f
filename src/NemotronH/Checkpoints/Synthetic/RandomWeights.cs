using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>Random values for any part of any tensor; each depends only on the seed, the tensor's name and the place.</summary>
/// <param name="config">The model's shape.</param>
/// <param name="seed">Another seed gives other values.</param>
internal sealed class RandomWeights(NemotronHConfig config, ulong seed)
{
    private const int TableBits = 16;

    private readonly ConcurrentDictionary<(TensorRole Role, long FanIn), ushort[]> _tables = [];
    private readonly RandomScalars _scalars = new(seed);

    /// <summary>Fills a part of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="start">Index of the part's first element, a multiple of 4.</param>
    /// <param name="destination">The part's bytes.</param>
    internal void Fill(RandomTensor tensor, long start, Span<byte> destination)
    {
        var random = CounterRandom.For(seed, tensor.Stored.Name);
        switch (tensor.Stored.Dtype)
        {
            case StoredDtype.UInt8:
                Fill(random, start, destination, RandomCodes.Nvfp4.Codes);
                break;
            case StoredDtype.Float8E4M3:
                Fill(random, start, destination, tensor.Precision.IsNvfp4() ? RandomCodes.Nvfp4.Scales : RandomCodes.Fp8.Codes);
                break;
            case StoredDtype.BFloat16:
                Fill(random, start, MemoryMarshal.Cast<byte, ushort>(destination), Table(tensor.Planned));
                break;
            case StoredDtype.Float32 when tensor.Stored.Shape.Count == 0:
                MemoryMarshal.Write(destination, _scalars.Of(tensor));
                break;
            default:
                Func<double, double> quantile = WeightDistribution.Quantile(tensor.Planned, config.Mamba);
                Fill(random, start, MemoryMarshal.Cast<byte, float>(destination), quantile);
                break;
        }
    }

    /// <summary>Every element is one of 65,536 equally probable values: one draw of 64 bits and four look-ups make four of them.</summary>
    private static void Fill<T>(CounterRandom random, long start, Span<T> destination, T[] table)
        where T : unmanaged
    {
        for (int i = 0; i < destination.Length; i += 4)
        {
            ulong bits = random[(start + i) / 4];
            for (int j = i; j < Math.Min(i + 4, destination.Length); j++)
            {
                destination[j] = table[(ushort)bits];
                bits >>= TableBits;
            }
        }
    }

    private static void Fill(CounterRandom random, long start, Span<float> destination, Func<double, double> quantile)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)quantile(random.Uniform(start + i));
        }
    }

    private ushort[] Table(PlannedTensor tensor) => _tables.GetOrAdd((tensor.Role, WeightDistribution.FanIn(tensor)), _ =>
    {
        var quantile = WeightDistribution.Quantile(tensor, config.Mamba);
        var table = new ushort[1 << TableBits];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = BFloat16.FromSingle((float)quantile((i + 0.5) / table.Length));
        }

        return table;
    });
}
