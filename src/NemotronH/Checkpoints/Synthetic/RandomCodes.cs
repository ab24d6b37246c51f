using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>
/// The bytes of random quantised matrices: such as quantising normally distributed numbers would give, drawn directly. Each table has
/// 65,536 equally probable bytes.
/// </summary>
internal sealed class RandomCodes
{
    /// <summary>Number of entries in each table.</summary>
    internal const int TableSize = 1 << 16;

    private const int NibbleLevels = 1 << 8;

    private RandomCodes(byte[] codes, byte[] scales, double unitFactor)
    {
        Codes = codes;
        Scales = scales;
        UnitFactor = unitFactor;
    }

    /// <summary>NVFP4: two E2M1 codes a byte, and block scales as the largest of 16 normal numbers are distributed.</summary>
    internal static RandomCodes Nvfp4 { get; } = MakeNvfp4();

    /// <summary>FP8: E4M3 codes.</summary>
    internal static RandomCodes Fp8 { get; } = MakeFp8();

    /// <summary>Bytes of codes.</summary>
    internal byte[] Codes { get; }

    /// <summary>E4M3 codes of block scales; empty where there are none.</summary>
    internal byte[] Scales { get; }

    /// <summary>The factor under which the matrix has a standard deviation of 1.</summary>
    internal double UnitFactor { get; }

    private static RandomCodes MakeNvfp4()
    {
        byte[] scales = Table(p => E4M3.Encode((float)(E4M3.MaxValue * LargestOfBlock(p) / LargestOfBlock(HalfStepFromOne))));

        // A block's codes are drawn without a look at its scale: as if its largest number were what it is in the middle.
        double toSix = E2M1.MaxValue / LargestOfBlock(0.5);
        int[] nibbles = [.. Enumerable.Range(0, NibbleLevels).Select(i =>
            E2M1.Encode((float)(toSix * NormalQuantile.At((i + 0.5) / NibbleLevels))))];
        byte[] codes = [.. Enumerable.Range(0, TableSize).Select(i =>
            (byte)(nibbles[i % NibbleLevels] | (nibbles[i / NibbleLevels] << 4)))];

        double meanSquare = nibbles.Average(nibble => Square(E2M1.Decode(nibble))) * scales.Average(scale => Square(E4M3.Decode(scale)));
        return new RandomCodes(codes, scales, 1 / Math.Sqrt(meanSquare));
    }

    private static RandomCodes MakeFp8()
    {
        double largest = NormalQuantile.At(HalfStepFromOne);
        byte[] codes = Table(p => E4M3.Encode((float)(E4M3.MaxValue * NormalQuantile.At(p) / largest)));
        return new RandomCodes(codes, [], 1 / Math.Sqrt(codes.Average(code => Square(E4M3.Decode(code)))));
    }

    private const double HalfStepFromOne = 1 - (0.5 / TableSize);

    /// <summary>The inverse distribution function of the largest magnitude among 16 normal numbers.</summary>
    private static double LargestOfBlock(double probability) =>
        NormalQuantile.At((1 + Math.Pow(probability, 1.0 / Quantization.Formats.Nvfp4.BlockSize)) / 2);

    private static byte[] Table(Func<double, byte> quantile) =>
        [.. Enumerable.Range(0, TableSize).Select(i => quantile((i + 0.5) / TableSize))];

    private static double Square(double value) => value * value;
}
