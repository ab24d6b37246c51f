using System.Buffers;
using System.Text;
using NemotronH.Text;

namespace NemotronH.Server.Serving;

/// <summary>Tokens as clients are shown them.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
internal sealed class TokenTexts(Tokenizer tokenizer)
{
    /// <summary>The token's text; bytes that are no whole character show as U+FFFD.</summary>
    internal string Of(int id) => Encoding.UTF8.GetString(tokenizer.BytesOf(id, skipSpecialTokens: false));

    /// <summary>Whether the token is none of the text itself.</summary>
    internal bool IsSpecial(int id) => tokenizer.SpecialTokenIds.Contains(id);

    /// <summary>The token's bytes.</summary>
    internal int[] BytesOf(int id)
    {
        ReadOnlySpan<byte> bytes = tokenizer.BytesOf(id, skipSpecialTokens: false);
        int[] numbers = new int[bytes.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = bytes[i];
        }

        return numbers;
    }

    /// <summary>
    /// A text that no other token has: tokens that are no whole characters are written as <c>bytes:\xe2\x80</c>, as OpenAI's completions do.
    /// </summary>
    internal string NameOf(int id)
    {
        ReadOnlySpan<byte> bytes = tokenizer.BytesOf(id, skipSpecialTokens: false);
        return IsText(bytes) ? Encoding.UTF8.GetString(bytes) : "bytes:" + string.Concat(bytes.ToArray().Select(b => $"\\x{b:x2}"));
    }

    private static bool IsText(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out int length) != OperationStatus.Done)
            {
                return false;
            }

            bytes = bytes[length..];
        }

        return true;
    }
}
