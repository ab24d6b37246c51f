namespace NemotronH.Checkpoints.Safetensors;

/// <summary>What the JSON header of a safetensors file says, checked against the size of the data section.</summary>
/// <param name="Entries">The tensors in the order the header lists them.</param>
/// <param name="Metadata">The free-form strings under <c>__metadata__</c>; empty if there are none.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Bytes before the JSON: its length as a little-endian 64-bit integer.</summary>
    internal const int LengthPrefixBytes = sizeof(ulong);

    /// <summary>Longest header taken or written; the reference implementation has the same limit.</summary>
    internal const int MaxBytes = 100_000_000;

    /// <summary>The header key that holds free-form strings instead of a tensor.</summary>
    internal const string MetadataKey = "__metadata__";
}
