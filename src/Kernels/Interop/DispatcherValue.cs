using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Interop;

/// <summary>An argument of an operator that is called through libtorch's dispatcher, in the 64 bits that its C interface passes.</summary>
/// <remarks>The rules are those of torch/csrc/stable/stableivalue_conversions.h: what is optional and there is boxed, what is not there is 0.</remarks>
internal readonly unsafe struct DispatcherValue
{
    private readonly Tensor? _tensor;
    private readonly ulong _bits;
    private readonly bool _isBoxed;

    private DispatcherValue(Tensor? tensor, ulong bits, bool isBoxed) => (_tensor, _bits, _isBoxed) = (tensor, bits, isBoxed);

    /// <summary>An optional argument that is not there.</summary>
    public static DispatcherValue None => default;

    /// <summary>A tensor.</summary>
    public static DispatcherValue Of(Tensor tensor) => new(tensor, 0, isBoxed: false);

    /// <summary>A whole number.</summary>
    public static DispatcherValue Of(long number) => new(null, (ulong)number, isBoxed: false);

    /// <summary>A floating-point number.</summary>
    public static DispatcherValue Of(double number) => new(null, BitConverter.DoubleToUInt64Bits(number), isBoxed: false);

    /// <summary>A truth value.</summary>
    public static DispatcherValue Of(bool value) => new(null, value ? 1u : 0u, isBoxed: false);

    /// <summary>An optional tensor.</summary>
    public static DispatcherValue Optional(Tensor? tensor) => tensor is null ? None : new(tensor, 0, isBoxed: true);

    /// <summary>An optional floating-point number.</summary>
    public static DispatcherValue Optional(double? number) =>
        number is double value ? new(null, BitConverter.DoubleToUInt64Bits(value), isBoxed: true) : None;

    /// <summary>The bits; libtorch takes over what they refer to.</summary>
    public ulong ToBits()
    {
        ulong bits = _bits;
        if (_tensor is not null)
        {
            _ = AtenShim.NewHandle(_tensor.Handle, out nint handle);
            bits = (ulong)handle;
        }

        if (!_isBoxed)
        {
            return bits;
        }

        // libtorch frees the box with C++'s delete, which is free() where its allocator was not replaced.
        ulong* box = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *box = bits;
        return (ulong)box;
    }
}
