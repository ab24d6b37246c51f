using System.Security.Cryptography;
using System.Text;

namespace NemotronH.Server.Security;

/// <summary>The keys that open the server. How long a look-up takes tells nothing about them.</summary>
internal sealed class ApiKeyRing
{
    private readonly byte[][] _hashes;

    /// <summary>Takes keys.</summary>
    /// <param name="keys">The keys; none opens the server to everybody.</param>
    /// <exception cref="NemotronHException">A key is empty, or has characters that no header carries.</exception>
    internal ApiKeyRing(IEnumerable<string> keys) => _hashes = [.. keys.Select(Check).Select(Hash)];

    /// <summary>Whether a key is asked for at all.</summary>
    internal bool IsNeeded => _hashes.Length > 0;

    /// <summary>Whether a key is one of them.</summary>
    internal bool Opens(string key)
    {
        // Hashes have one length, and all of them are compared: neither a key's length nor its place shows.
        byte[] hash = Hash(key);
        bool opens = false;
        foreach (byte[] known in _hashes)
        {
            opens |= CryptographicOperations.FixedTimeEquals(known, hash);
        }

        return opens;
    }

    private static string Check(string key) => key.Length > 0 && key.All(c => c is > ' ' and <= '~')
        ? key
        : throw new NemotronHException("an API key is empty or has characters other than printable ASCII");

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
