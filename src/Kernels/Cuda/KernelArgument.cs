using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>One argument of a kernel: a 32- or 64-bit number or a device address.</summary>
/// <remarks>
/// The first eight bytes hold the value in their low end, integers extended to 64 bits: a kernel that takes an <c>int</c> and one that takes a
/// <c>long long</c> both read an <see cref="int"/> rightly. An address does not keep its tensor alive: the caller does, until the
/// launch's work has ended.
/// </remarks>
public readonly struct KernelArgument
{
    private readonly long _bits;

    private KernelArgument(long bits) => _bits = bits;

    /// <summary>A null pointer.</summary>
    public static KernelArgument Null => default;

    /// <summary>The address of a tensor's first element; null without a tensor.</summary>
    /// <remarks>A conditional expression would not do: numbers convert to tensors, and 0 would become a tensor on the CPU.</remarks>
    /// <param name="tensor">The tensor.</param>
    public static KernelArgument Of(Tensor? tensor) => tensor is null ? Null : new KernelArgument(AtenInterop.DataPointer(tensor));

    /// <summary>The eight bytes as a number.</summary>
    internal long Bits => _bits;

    /// <summary>A signed 32-bit number.</summary>
    public static implicit operator KernelArgument(int value) => new(value);

    /// <summary>An unsigned 32-bit number.</summary>
    public static implicit operator KernelArgument(uint value) => new(value);

    /// <summary>A signed 64-bit number.</summary>
    public static implicit operator KernelArgument(long value) => new(value);

    /// <summary>A 32-bit float.</summary>
    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value));

    /// <summary>A device address; 0 for a null pointer.</summary>
    public static implicit operator KernelArgument(nint address) => new(address);

    /// <summary>The address of a tensor's first element.</summary>
    public static implicit operator KernelArgument(Tensor tensor) => new(AtenInterop.DataPointer(tensor));
}
