using System.Globalization;
using System.Text;

namespace NemotronH.Tests.Text;

/// <summary>Seeded random strings in which the characters that tokenizers treat differently meet often.</summary>
internal static class RandomText
{
    private static readonly string[] Bits =
    [
        " ", "  ", "\t", "\n", "\r\n", "\r", "\n\n", "\u00A0", "\u2003", "\u3000", "\u2028", "\u0085", "\u200B", "\u200D",
        "\uFEFF", "\0", "\u001B", "\u007F",
        "a", "z", "A", "Z", "é", "É", "ß", "ſ", "\u212A", "ǅ", "ʰ", "ª", "中", "文", "あ", "ش", "ا", "א", "ก",
        "\u0301", "\u0E31", "\u0903", "\u20DD",
        "0", "9", "٣", "Ⅷ", "½", "²", "१", "/", "//", "'", "'s", "'ll", "’", "_", "-", "—", "(", "»",
        "+", "€", "^", "©", "…", "<", "|", "☃", "\uE000", "\u0378", "\uFFFD", "\uFFFF",
        "😀", "👨\u200D👩\u200D👧", "🇩🇪", "👍🏽", "𐌰", "𐌱", "𝒜", "𝟘", "𝛼", "𠀀", "𠀁", "𐐀", "𐐨", "𞤀", "𞤢",
        "𝅘𝅥", "𑀓𑀸", "𑁦", "𐄇", "𒐀", "𖿠", "𐺭", "𑿝", "\U000E0001", "\U0010FFFD", "\U000DFFFF", "🏻",
    ];

    public static string Next(Random random, int bits, bool astral = true)
    {
        StringBuilder text = new();
        for (int i = random.Next(bits + 1); i > 0; i--)
        {
            text.Append(NextBit(random, astral));
        }

        return text.ToString();
    }

    private static string NextBit(Random random, bool astral)
    {
        while (true)
        {
            string bit = random.Next(8) == 0 ? NextRune(random, astral) : Bits[random.Next(Bits.Length)];
            if (astral || !bit.Any(char.IsSurrogate))
            {
                return bit;
            }
        }
    }

    private static string NextRune(Random random, bool astral)
    {
        int limit = random.Next(3) switch { 0 => 0x80, 1 => 0x10000, _ when astral => 0x110000, _ => 0x3000 };
        while (true)
        {
            int value = random.Next(limit);
            if (Rune.IsValid(value) && CharUnicodeInfo.GetUnicodeCategory(value) != UnicodeCategory.Surrogate)
            {
                return char.ConvertFromUtf32(value);
            }
        }
    }
}
