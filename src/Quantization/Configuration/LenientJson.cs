namespace NemotronH.Quantization;

/// <summary>Python writes infinities and NaN bare into JSON; a strict reader stops there, though the field may be of no interest.</summary>
internal static class LenientJson
{
    private static readonly byte[][] BareLiterals = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    /// <summary>A copy in which every bare <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c> outside of strings is a zero of the same length.</summary>
    public static byte[] WithoutBareLiterals(ReadOnlySpan<byte> json)
    {
        byte[] strict = json.ToArray();
        bool inString = false;
        for (int i = 0; i < strict.Length; i++)
        {
            switch (strict[i])
            {
                case (byte)'"':
                    inString = !inString;
                    break;
                case (byte)'\\':
                    i++;
                    break;
                case (byte)'-' or (byte)'I' or (byte)'N' when !inString:
                    ReplaceLiteral(strict.AsSpan(i));
                    break;
            }
        }

        return strict;
    }

    private static void ReplaceLiteral(Span<byte> json)
    {
        foreach (byte[] literal in BareLiterals)
        {
            if (json.StartsWith(literal))
            {
                json[..literal.Length].Fill((byte)' ');
                json[0] = (byte)'0';
                return;
            }
        }
    }
}
