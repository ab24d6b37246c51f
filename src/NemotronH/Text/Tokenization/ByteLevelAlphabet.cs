using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>The characters by which byte-level vocabularies write bytes, so that every token is printable text.</summary>
/// <remarks>
/// As GPT-2 defined it: the printable bytes of Latin-1 stand for themselves, the other 68 for U+0100, U+0101, … in order.
/// </remarks>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = CreateCharacters();
    private static readonly Dictionary<char, byte> Bytes = CreateBytes();

    /// <summary>The character that writes a byte.</summary>
    public static char ToChar(byte value) => Characters[value];

    /// <summary>The bytes a token stands for: its characters read back, or its UTF-8 where it is not written in this alphabet.</summary>
    /// <remarks>Hugging Face's ByteLevel decoder does the same: so added tokens may contain spaces and letters of any script.</remarks>
    public static byte[] ToBytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }

    private static char[] CreateCharacters()
    {
        char[] characters = new char[256];
        char next = '\u0100';
        for (int value = 0; value < characters.Length; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = printable ? (char)value : next++;
        }

        return characters;
    }

    private static Dictionary<char, byte> CreateBytes()
    {
        Dictionary<char, byte> bytes = new(Characters.Length);
        for (int value = 0; value < Characters.Length; value++)
        {
            bytes.Add(Characters[value], (byte)value);
        }

        return bytes;
    }
}
