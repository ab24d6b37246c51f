using System.Diagnostics.CodeAnalysis;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>The names that the safetensors format gives to element types.</summary>
internal static class SafetensorsDtypes
{
    private static readonly Dictionary<StoredDtype, string> Names = new()
    {
        [StoredDtype.Bool] = "BOOL",
        [StoredDtype.UInt8] = "U8",
        [StoredDtype.Int8] = "I8",
        [StoredDtype.Float8E4M3] = "F8_E4M3",
        [StoredDtype.Float8E5M2] = "F8_E5M2",
        [StoredDtype.Int16] = "I16",
        [StoredDtype.UInt16] = "U16",
        [StoredDtype.Float16] = "F16",
        [StoredDtype.BFloat16] = "BF16",
        [StoredDtype.Int32] = "I32",
        [StoredDtype.UInt32] = "U32",
        [StoredDtype.Float32] = "F32",
        [StoredDtype.Int64] = "I64",
        [StoredDtype.UInt64] = "U64",
        [StoredDtype.Float64] = "F64",
    };

    private static readonly Dictionary<string, StoredDtype> Dtypes = Names.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Every known name, for messages.</summary>
    internal static string KnownNames { get; } = string.Join(", ", Names.Values);

    /// <summary>The format's name of an element type.</summary>
    internal static string Name(this StoredDtype dtype) => Names[dtype];

    /// <summary>The element type of a name; names are case-sensitive.</summary>
    internal static bool TryParse(string name, [MaybeNullWhen(false)] out StoredDtype dtype) => Dtypes.TryGetValue(name, out dtype);
}
