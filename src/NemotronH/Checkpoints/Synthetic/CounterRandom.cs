using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>
/// Random bits by position: a stream for each seed and name, whose n-th word needs no other (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014: SplitMix64 with the counter as its state). So parts of a tensor can be filled in any order, by
/// any thread.
/// </summary>
internal readonly struct CounterRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    /// <summary>The stream of a key: what SplitMix64 gives when it is seeded with it.</summary>
    internal CounterRandom(ulong key) => _key = key;

    /// <summary>The stream of a seed and a name.</summary>
    internal static CounterRandom For(ulong seed, string name)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}:{name}"));
        return new CounterRandom(BinaryPrimitives.ReadUInt64LittleEndian(hash));
    }

    /// <summary>The n-th 64 bits of the stream.</summary>
    internal ulong this[long n]
    {
        get
        {
            ulong z = _key + (((ulong)n + 1) * GoldenGamma);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>The n-th number of the stream, between 0 and 1, both excluded: its upper 52 bits, moved half a step inwards.</summary>
    internal double Uniform(long n) => ((this[n] >> 12) + 0.5) / (1UL << 52);
}
