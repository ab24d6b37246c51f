using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Element types that a checkpoint can hold: those of the safetensors format.</summary>
public enum StoredDtype
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer; also two packed E2M1 codes.</summary>
    UInt8,

    /// <summary>Signed 8-bit integer.</summary>
    Int8,

    /// <summary>8-bit float: 4 exponent bits, 3 mantissa bits, no infinities (OCP E4M3, "fn").</summary>
    Float8E4M3,

    /// <summary>8-bit float: 5 exponent bits, 2 mantissa bits.</summary>
    Float8E5M2,

    /// <summary>Signed 16-bit integer.</summary>
    Int16,

    /// <summary>Unsigned 16-bit integer.</summary>
    UInt16,

    /// <summary>IEEE half precision.</summary>
    Float16,

    /// <summary>bfloat16: the upper half of a single.</summary>
    BFloat16,

    /// <summary>Signed 32-bit integer.</summary>
    Int32,

    /// <summary>Unsigned 32-bit integer.</summary>
    UInt32,

    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>Signed 64-bit integer.</summary>
    Int64,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64,

    /// <summary>IEEE double precision.</summary>
    Float64,
}

/// <summary>Sizes and torch counterparts of <see cref="StoredDtype"/>.</summary>
public static class StoredDtypeExtensions
{
    /// <summary>Bytes per element.</summary>
    /// <param name="dtype">The element type.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int SizeInBytes(this StoredDtype dtype) => dtype switch
    {
        StoredDtype.Bool or StoredDtype.UInt8 or StoredDtype.Int8 or StoredDtype.Float8E4M3 or StoredDtype.Float8E5M2 => 1,
        StoredDtype.Int16 or StoredDtype.UInt16 or StoredDtype.Float16 or StoredDtype.BFloat16 => 2,
        StoredDtype.Int32 or StoredDtype.UInt32 or StoredDtype.Float32 => 4,
        StoredDtype.Int64 or StoredDtype.UInt64 or StoredDtype.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not a stored dtype."),
    };

    /// <summary>The torch type a stored tensor is read as; 8-bit floats are read as bytes, because TorchSharp names no such type.</summary>
    /// <param name="dtype">The element type.</param>
    /// <returns>The torch scalar type with the same element size.</returns>
    /// <exception cref="ArgumentException">torch has no type for unsigned integers wider than 8 bits.</exception>
    public static ScalarType ToScalarType(this StoredDtype dtype) => dtype switch
    {
        StoredDtype.Bool => ScalarType.Bool,
        StoredDtype.UInt8 or StoredDtype.Float8E4M3 or StoredDtype.Float8E5M2 => ScalarType.Byte,
        StoredDtype.Int8 => ScalarType.Int8,
        StoredDtype.Int16 => ScalarType.Int16,
        StoredDtype.Float16 => ScalarType.Float16,
        StoredDtype.BFloat16 => ScalarType.BFloat16,
        StoredDtype.Int32 => ScalarType.Int32,
        StoredDtype.Float32 => ScalarType.Float32,
        StoredDtype.Int64 => ScalarType.Int64,
        StoredDtype.Float64 => ScalarType.Float64,
        _ => throw new ArgumentException($"torch has no counterpart of {dtype}.", nameof(dtype)),
    };

    /// <summary>The stored type that holds a torch type.</summary>
    /// <param name="type">A torch scalar type.</param>
    /// <returns>The stored dtype of the same width and kind.</returns>
    /// <exception cref="ArgumentException">The type (a complex one, say) cannot be stored.</exception>
    public static StoredDtype ToStoredDtype(this ScalarType type) => type switch
    {
        ScalarType.Bool => StoredDtype.Bool,
        ScalarType.Byte => StoredDtype.UInt8,
        ScalarType.Int8 => StoredDtype.Int8,
        ScalarType.Int16 => StoredDtype.Int16,
        ScalarType.Float16 => StoredDtype.Float16,
        ScalarType.BFloat16 => StoredDtype.BFloat16,
        ScalarType.Int32 => StoredDtype.Int32,
        ScalarType.Float32 => StoredDtype.Float32,
        ScalarType.Int64 => StoredDtype.Int64,
        ScalarType.Float64 => StoredDtype.Float64,
        _ => throw new ArgumentException($"{type} cannot be stored in a checkpoint.", nameof(type)),
    };
}
