using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class KernelArgumentTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void An_int_reads_back_as_32_and_as_64_bits(int value)
    {
        Assert.Equal(value, BinaryPrimitives.ReadInt32LittleEndian(Bytes(value)));
        Assert.Equal(value, BinaryPrimitives.ReadInt64LittleEndian(Bytes(value)));
    }

    [Fact]
    public void A_uint_reads_back_as_32_and_as_64_bits()
    {
        Assert.Equal(0xFFFFFFFE, BinaryPrimitives.ReadUInt32LittleEndian(Bytes(0xFFFFFFFEu)));
        Assert.Equal(0xFFFFFFFEu, BinaryPrimitives.ReadUInt64LittleEndian(Bytes(0xFFFFFFFEu)));
    }

    [Fact]
    public void Longs_and_addresses_fill_all_eight_bytes()
    {
        Assert.Equal(long.MinValue, BinaryPrimitives.ReadInt64LittleEndian(Bytes(long.MinValue)));
        Assert.Equal(0x7F12_3456_789A, BinaryPrimitives.ReadInt64LittleEndian(Bytes(unchecked((nint)0x7F12_3456_789A))));
    }

    [Theory]
    [InlineData(-0.0f)]
    [InlineData(1.5f)]
    [InlineData(float.Epsilon)]
    [InlineData(float.NegativeInfinity)]
    public void A_float_is_in_the_first_four_bytes(float value) =>
        Assert.Equal(BitConverter.SingleToInt32Bits(value), BinaryPrimitives.ReadInt32LittleEndian(Bytes(value)));

    [Fact]
    public void A_tensor_is_the_address_of_its_first_element_not_of_its_storage()
    {
        using var whole = zeros(8, dtype: ScalarType.Float32);
        using var part = whole.narrow(0, 3, 2);

        Assert.Equal(AtenInterop.DataPointer(whole) + 12, BinaryPrimitives.ReadInt64LittleEndian(Bytes(part)));
    }

    private static byte[] Bytes(KernelArgument argument) => MemoryMarshal.AsBytes(new ReadOnlySpan<KernelArgument>(in argument)).ToArray();
}
