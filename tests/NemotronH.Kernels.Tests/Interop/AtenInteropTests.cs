using System.Runtime.InteropServices;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Interop;

public sealed unsafe class AtenInteropTests : IDisposable
{
    private readonly long _tensorsBefore = Tensor.TotalCount;
    private readonly nint _memory = (nint)NativeMemory.AlignedAlloc(4096, 64);

    public AtenInteropTests() => new Span<byte>((void*)_memory, 4096).Clear();

    /// <summary>No test may leave a tensor behind.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree((void*)_memory);
        Assert.Equal(_tensorsBefore, Tensor.TotalCount);
    }

    [Fact]
    public void A_tensor_over_foreign_memory_aliases_it_both_ways()
    {
        Span<float> memory = Memory<float>(6);
        new float[] { 1, 2, 3, 4, 5, 6 }.CopyTo(memory);
        using Tensor tensor = AtenInterop.FromBlob(_memory, [2, 3], ScalarType.Float32);

        Assert.Equal([2, 3], tensor.shape);
        Assert.True(tensor.is_contiguous());
        memory[5] = 60;
        Assert.Equal([1, 2, 3, 4, 5, 60], tensor.data<float>().ToArray());
        tensor.mul_(2);
        Assert.Equal([2, 4, 6, 8, 10, 120], memory.ToArray());
        Assert.Equal(_memory, AtenInterop.DataPointer(tensor));
    }

    [Fact]
    public void The_memory_outlives_its_tensor()
    {
        Memory<int>(2)[1] = 7;
        AtenInterop.FromBlob(_memory, [2], ScalarType.Int32).Dispose();
        Assert.Equal(7, Memory<int>(2)[1]);
    }

    [Fact]
    public void A_dispose_scope_owns_such_tensors_too()
    {
        using (NewDisposeScope())
        {
            Tensor tensor = AtenInterop.FromBlob(_memory, [2], ScalarType.Int32);
            AtenInterop.ViewAs(tensor, ScalarType.Float32);
            Assert.Equal(_tensorsBefore + 2, Tensor.TotalCount);
        }

        Assert.Equal(_tensorsBefore, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(ScalarType.Byte, new byte[] { 250 }, 250)]
    [InlineData(ScalarType.Int8, new byte[] { 250 }, -6)]
    [InlineData(ScalarType.Bool, new byte[] { 1 }, 1)]
    [InlineData(ScalarType.Int16, new byte[] { 0x34, 0x12 }, 0x1234)]
    [InlineData(ScalarType.Float16, new byte[] { 0x00, 0xC0 }, -2)]
    [InlineData(ScalarType.BFloat16, new byte[] { 0x20, 0x41 }, 10)]
    [InlineData(ScalarType.Int32, new byte[] { 0, 0, 1, 0 }, 65536)]
    [InlineData(ScalarType.Float32, new byte[] { 0, 0, 0xC0, 0x3F }, 1.5)]
    [InlineData(ScalarType.Int64, new byte[] { 0, 0, 0, 0, 1, 0, 0, 0 }, 4294967296)]
    [InlineData(ScalarType.Float64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0x3F }, 1.5)]
    [InlineData(AtenInterop.Float8E4M3, new byte[] { 0x7E }, 448)]
    [InlineData(AtenInterop.Float8E4M3, new byte[] { 0x81 }, -0.001953125)]
    public void Every_dtype_reads_its_own_bytes(ScalarType dtype, byte[] bytes, double expected)
    {
        bytes.CopyTo(Memory<byte>(bytes.Length));
        using Tensor tensor = AtenInterop.FromBlob(_memory, [1], dtype);
        using Tensor number = tensor.to(ScalarType.Float64);

        Assert.Equal(dtype, tensor.dtype);
        Assert.Equal(expected, number.item<double>());
    }

    [Fact]
    public void A_scalar_has_no_dimensions()
    {
        Memory<float>(1)[0] = 3.5f;
        using Tensor tensor = AtenInterop.FromBlob(_memory, [], ScalarType.Float32);

        Assert.Empty(tensor.shape);
        Assert.Equal(3.5f, tensor.item<float>());
    }

    [Theory]
    [InlineData(new long[] { 0 })]
    [InlineData(new long[] { 2, 0, 3 })]
    public void A_tensor_without_elements_needs_no_memory(long[] shape)
    {
        using Tensor tensor = AtenInterop.FromBlob(0, shape, ScalarType.BFloat16);

        Assert.Equal(shape, tensor.shape);
        Assert.Equal(0, tensor.numel());
        Assert.Equal(0, AtenInterop.DataPointer(tensor));
    }

    [Fact]
    public void Pointers_of_views_begin_at_their_first_element()
    {
        using Tensor tensor = arange(12, dtype: ScalarType.Int32);
        using Tensor tail = tensor.narrow(0, 5, 3);

        Assert.Equal(AtenInterop.DataPointer(tensor) + (5 * sizeof(int)), AtenInterop.DataPointer(tail));
    }

    [Theory]
    [InlineData(new long[] { -1 }, "The shape [-1] of Float32 is negative or beyond any memory.")]
    [InlineData(new long[] { 1L << 40, 1L << 40 }, "The shape [1099511627776, 1099511627776] of Float32 is negative or beyond any memory.")]
    [InlineData(new long[] { 1L << 61 }, "The shape [2305843009213693952] of Float32 is negative or beyond any memory.")]
    public void Impossible_shapes_are_refused(long[] shape, string message) =>
        AssertRefused("shape", message, () => AtenInterop.FromBlob(_memory, shape, ScalarType.Float32));

    [Fact]
    public void Too_many_dimensions_are_refused() =>
        AssertRefused(
            "shape",
            "The shape has 65 dimensions; expected at most 64.",
            () => AtenInterop.FromBlob(_memory, new long[65], ScalarType.Byte));

    [Fact]
    public void Null_and_misaligned_pointers_are_refused()
    {
        AssertRefused(
            "data", "The pointer is 0x0; expected a multiple of 1 (Byte), not null.", () => AtenInterop.FromBlob(0, [], ScalarType.Byte));
        AssertRefused(
            "data",
            $"The pointer is 0x{_memory + 1:x}; expected a multiple of 2 (BFloat16), not null.",
            () => AtenInterop.FromBlob(_memory + 1, [2], ScalarType.BFloat16));
    }

    [Fact]
    public void An_unknown_dtype_is_refused()
    {
        const string Message = "The dtype 99 is not supported; expected an integer, float or complex type, Bool or Float8E4M3.";
        using Tensor tensor = zeros(4);
        AssertRefused("dtype", Message, () => AtenInterop.FromBlob(_memory, [2], (ScalarType)99));
        AssertRefused("dtype", Message, () => AtenInterop.ViewAs(tensor, (ScalarType)99));
    }

    [Fact]
    public void A_view_of_the_same_width_keeps_the_shape_and_shares_memory()
    {
        using Tensor bytes = tensor(new byte[] { 0x38, 0xB8, 0x7E, 0x00, 0x01, 0xFE }, [2, 3]);
        using Tensor floats = AtenInterop.ViewAs(bytes, AtenInterop.Float8E4M3);
        using Tensor wide = floats.to(ScalarType.Float32);

        Assert.Equal([2, 3], floats.shape);
        Assert.Equal(AtenInterop.Float8E4M3, floats.dtype);
        Assert.Equal(AtenInterop.DataPointer(bytes), AtenInterop.DataPointer(floats));
        Assert.Equal([1, -1, 448, 0, 1f / 512, -448], wide.data<float>().ToArray());
    }

    [Fact]
    public void A_view_of_another_width_changes_the_last_dimension()
    {
        using Tensor bytes = tensor(new byte[] { 0x80, 0x3F, 0x00, 0xC0, 0x20, 0x41, 0x00, 0x00 }, [2, 4]);
        using Tensor halves = AtenInterop.ViewAs(bytes, ScalarType.BFloat16);
        using Tensor wide = halves.to(ScalarType.Float32);
        using Tensor back = AtenInterop.ViewAs(halves, ScalarType.Byte);

        Assert.Equal([2, 2], halves.shape);
        Assert.Equal([1, -2, 10, 0], wide.data<float>().ToArray());
        Assert.Equal(bytes.shape, back.shape);
        back.fill_((byte)0x40);
        Assert.Equal(0x40, bytes.data<byte>().ToArray()[1]);
    }

    [Fact]
    public void Rows_that_lie_apart_can_be_viewed_where_they_begin_at_whole_elements()
    {
        using Tensor flat = arange(12, dtype: ScalarType.Byte);
        using Tensor bytes = flat.view(3, 4);
        using Tensor even = bytes.narrow(1, 2, 2);
        using Tensor halves = AtenInterop.ViewAs(even, ScalarType.Int16);

        Assert.Equal([3, 1], halves.shape);
        Assert.Equal(AtenInterop.DataPointer(bytes) + 2, AtenInterop.DataPointer(halves));
    }

    [Theory]
    [InlineData(0, 1, "shape [3, 1], strides [4, 1]")] // half an element a row
    [InlineData(1, 2, "shape [3, 2], strides [4, 1]")] // begins within an element
    public void Rows_that_hold_no_whole_elements_are_refused(long start, long length, string description)
    {
        using Tensor flat = arange(12, dtype: ScalarType.Byte);
        using Tensor bytes = flat.view(3, 4);
        using Tensor part = bytes.narrow(1, start, length);
        AssertRefused(
            "tensor",
            $"A tensor of {description} and 1-byte elements cannot be viewed as BFloat16; " +
            "expected a contiguous last dimension, and rows that begin and end at multiples of 2 bytes.",
            () => AtenInterop.ViewAs(part, ScalarType.BFloat16));
    }

    [Fact]
    public void A_last_dimension_with_gaps_is_refused_only_for_another_width()
    {
        using Tensor whole = zeros(4, 4, dtype: ScalarType.Int16);
        using Tensor transposed = whole.t();
        using Tensor same = AtenInterop.ViewAs(transposed, ScalarType.BFloat16);
        var exception = Assert.Throws<ArgumentException>(() => AtenInterop.ViewAs(transposed, ScalarType.Byte));
        Assert.StartsWith(
            "A tensor of shape [4, 4], strides [1, 4] and 2-byte elements cannot be viewed as Byte;",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_scalar_is_not_viewed_in_another_width()
    {
        using Tensor scalar = tensor(1f);
        var exception = Assert.Throws<ArgumentException>(() => AtenInterop.ViewAs(scalar, ScalarType.Byte));
        Assert.StartsWith(
            "A tensor of shape [], strides [] and 4-byte elements cannot be viewed as Byte;",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_product_goes_into_the_matrix_that_is_there(ScalarType dtype)
    {
        using Tensor left = tensor(new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3], dtype: dtype);
        using Tensor right = tensor(new float[] { 1, 0, 0, 1, 2, 2 }, [3, 2], dtype: dtype);
        using Tensor result = full([2, 2], float.NaN, dtype: dtype);
        nint memory = AtenInterop.DataPointer(result);
        long count = Tensor.TotalCount;

        AtenInterop.MatmulOut(left, right, result);

        Assert.Equal(count, Tensor.TotalCount);
        Assert.Equal(memory, AtenInterop.DataPointer(result));
        using Tensor wide = result.to(ScalarType.Float32);
        Assert.Equal([7, 8, 16, 17], wide.data<float>().ToArray());
    }

    [Theory]
    [InlineData("left", "left is [3]; expected [any, any].")]
    [InlineData("right", "right is [2, 2]; expected [3, any].")]
    [InlineData("result", "result is [2, 3]; expected [2, 2].")]
    public void Matrices_that_do_not_fit_are_refused(string culprit, string message)
    {
        using Tensor left = culprit == "left" ? zeros(3) : zeros(2, 3);
        using Tensor right = culprit == "right" ? zeros(2, 2) : zeros(3, 2);
        using Tensor result = culprit == "result" ? zeros(2, 3) : zeros(2, 2);
        AssertRefused(culprit, message, () => AtenInterop.MatmulOut(left, right, result));
    }

    [Fact]
    public void Matrices_of_different_dtypes_are_refused()
    {
        using Tensor left = zeros(2, 3);
        using Tensor right = zeros(3, 2, dtype: ScalarType.BFloat16);
        using Tensor result = zeros(2, 2);
        AssertRefused("right", "right is BFloat16 on cpu; expected Float32 on cpu.", () => AtenInterop.MatmulOut(left, right, result));
    }

    [Fact]
    public void Null_tensors_are_refused()
    {
        using Tensor matrix = zeros(1, 1);
        Assert.Throws<ArgumentNullException>("tensor", () => AtenInterop.DataPointer(null!));
        Assert.Throws<ArgumentNullException>("tensor", () => AtenInterop.ViewAs(null!, ScalarType.Byte));
        Assert.Throws<ArgumentNullException>("left", () => AtenInterop.MatmulOut(null!, matrix, matrix));
        Assert.Throws<ArgumentNullException>("right", () => AtenInterop.MatmulOut(matrix, null!, matrix));
        Assert.Throws<ArgumentNullException>("result", () => AtenInterop.MatmulOut(matrix, matrix, null!));
    }

    private Span<T> Memory<T>(int length)
        where T : unmanaged => new((void*)_memory, length);

    private static void AssertRefused(string parameter, string message, Action action)
    {
        var exception = Assert.Throws<ArgumentException>(parameter, action);
        Assert.Equal($"{message} (Parameter '{parameter}')", exception.Message);
    }
}
