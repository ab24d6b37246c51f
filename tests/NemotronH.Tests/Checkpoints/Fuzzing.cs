namespace NemotronH.Tests.Checkpoints;

/// <summary>Broken variants of valid input, the same ones in every run.</summary>
internal static class Fuzzing
{
    /// <summary>Changes up to four bytes, mostly into others that mean something in JSON; now and then cuts the end off.</summary>
    public static byte[] Mutate(Random random, byte[] valid)
    {
        const string Meaningful = "{}[]\",:0123456789-+.eE\\utrfn ";
        byte[] bytes = [.. valid];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            bytes[random.Next(bytes.Length)] = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)Meaningful[random.Next(Meaningful.Length)];
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
