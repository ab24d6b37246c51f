using NemotronH.Kernels.Runtime;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Interop;

/// <summary>Tensor operations of libtorch that TorchSharp does not offer.</summary>
public static class AtenInterop
{
    /// <summary>The dtype of 8-bit floats in the E4M3 format without infinities, which TorchSharp's enumeration does not name.</summary>
    public const ScalarType Float8E4M3 = (ScalarType)24;

    private const int Cpu = 0;
    private const int MaxRank = 64;

    /// <summary>A contiguous CPU tensor over memory of the caller's: nothing is copied, and writes show on both sides.</summary>
    /// <param name="data">
    /// The first element, aligned to the element size; may be 0 where the shape has no elements. The memory must outlive the tensor and
    /// every view of it.
    /// </param>
    /// <param name="shape">The sizes, outermost first; none for a scalar.</param>
    /// <param name="dtype">The element type.</param>
    /// <returns>A new tensor; disposing of it leaves the memory alone.</returns>
    /// <exception cref="ArgumentException">The shape, the pointer or the dtype cannot be a tensor's.</exception>
    public static unsafe Tensor FromBlob(nint data, ReadOnlySpan<long> shape, ScalarType dtype)
    {
        LibTorch.EnsureLoaded();
        CheckBlob(data, shape, dtype);
        Span<long> strides = stackalloc long[shape.Length];
        long stride = 1;
        for (int dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            stride *= Math.Max(shape[dimension], 1);
        }

        fixed (long* sizesPointer = shape)
        fixed (long* stridesPointer = strides)
        {
            int status = AtenShim.CreateTensorFromBlob(
                (void*)data, shape.Length, sizesPointer, stridesPointer, 0, (int)dtype, Cpu, 0, out nint handle);
            return Adopt(status, handle, nameof(FromBlob));
        }
    }

    /// <summary>The address of a tensor's first element, on the tensor's own device.</summary>
    /// <returns>0 for a tensor without elements.</returns>
    public static nint DataPointer(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Check(AtenShim.GetDataPointer(tensor.Handle, out nint data), nameof(DataPointer));
        GC.KeepAlive(tensor);
        return data;
    }

    /// <summary>The same bytes read as another element type; memory is shared.</summary>
    /// <param name="tensor">
    /// Any tensor. Where the element sizes differ, its last dimension must be contiguous and have a fitting number of bytes.
    /// </param>
    /// <param name="dtype">The element type to read as. The last dimension shrinks or grows with the element size.</param>
    /// <returns>A new tensor over the same memory.</returns>
    /// <exception cref="ArgumentException">The last dimension cannot be read in elements of that size.</exception>
    public static Tensor ViewAs(Tensor tensor, ScalarType dtype)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        CheckView(tensor, dtype);
        int status = AtenShim.ViewDtype(tensor.Handle, (int)dtype, out nint handle);
        GC.KeepAlive(tensor);
        return Adopt(status, handle, nameof(ViewAs));
    }

    /// <summary>Multiplies two matrices into a matrix that is already there; allocates nothing.</summary>
    /// <param name="left">[m, k].</param>
    /// <param name="right">[k, n], of the same dtype and device.</param>
    /// <param name="result">[m, n], of the same dtype and device; overwritten.</param>
    /// <remarks>Gradients must be off (<c>no_grad</c> or <c>inference_mode</c>) where an operand asks for them.</remarks>
    /// <exception cref="ArgumentException">A shape, dtype or device does not fit.</exception>
    public static void MatmulOut(Tensor left, Tensor right, Tensor result)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentNullException.ThrowIfNull(result);
        CheckMatrix(left, nameof(left), rows: null, columns: null, like: left);
        CheckMatrix(right, nameof(right), left.size(1), columns: null, like: left);
        CheckMatrix(result, nameof(result), left.size(0), right.size(1), like: left);
        Check(AtenShim.MatmulOut(result.Handle, left.Handle, right.Handle), nameof(MatmulOut));
        GC.KeepAlive(left);
        GC.KeepAlive(right);
        GC.KeepAlive(result);
    }

    private static void CheckBlob(nint data, ReadOnlySpan<long> shape, ScalarType dtype)
    {
        int elementSize = ElementSize(dtype);
        if (shape.Length > MaxRank)
        {
            throw new ArgumentException($"The shape has {shape.Length} dimensions; expected at most {MaxRank}.", nameof(shape));
        }

        UInt128 bytes = (uint)elementSize;
        foreach (long size in shape)
        {
            if (size < 0 || (bytes *= (ulong)size) > long.MaxValue)
            {
                throw new ArgumentException($"The shape {Text(shape)} of {dtype} is negative or beyond any memory.", nameof(shape));
            }
        }

        if (bytes > 0 && (data == 0 || data % elementSize != 0))
        {
            throw new ArgumentException(
                $"The pointer is 0x{data:x}; expected a multiple of {elementSize} ({dtype}), not null.", nameof(data));
        }
    }

    private static void CheckView(Tensor tensor, ScalarType dtype)
    {
        long from = tensor.element_size();
        int to = ElementSize(dtype);
        long[] strides = tensor.stride();
        bool fits = from == to || (strides.Length > 0 && strides[^1] == 1);
        if (fits && to > from)
        {
            // Every row, and the first of them, has to begin at a whole element of the new type.
            long[] starts = [.. strides[..^1], tensor.size(-1), tensor.storage_offset()];
            fits = starts.All(start => start * from % to == 0);
        }

        if (!fits)
        {
            throw new ArgumentException(
                $"A tensor of shape {Text(tensor.shape)}, strides {Text(strides)} and {from}-byte elements cannot be viewed as {dtype}; " +
                $"expected a contiguous last dimension, and rows that begin and end at multiples of {to} bytes.",
                nameof(tensor));
        }
    }

    private static void CheckMatrix(Tensor matrix, string name, long? rows, long? columns, Tensor like)
    {
        bool fits = matrix.Dimensions == 2 && (rows ?? matrix.size(0)) == matrix.size(0) && (columns ?? matrix.size(1)) == matrix.size(1);
        if (!fits)
        {
            throw new ArgumentException(
                $"{name} is {Text(matrix.shape)}; expected [{rows?.ToString() ?? "any"}, {columns?.ToString() ?? "any"}].", name);
        }

        if (matrix.dtype != like.dtype || matrix.device_type != like.device_type || matrix.device_index != like.device_index)
        {
            throw new ArgumentException($"{name} is {matrix.dtype} on {matrix.device}; expected {like.dtype} on {like.device}.", name);
        }
    }

    /// <summary>The bytes of one element. libtorch's own function ends the process for a dtype that it does not know.</summary>
    private static int ElementSize(ScalarType dtype) => dtype switch
    {
        ScalarType.Bool or ScalarType.Byte or ScalarType.Int8 or Float8E4M3 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new ArgumentException(
            $"The dtype {dtype} is not supported; expected an integer, float or complex type, Bool or Float8E4M3.", nameof(dtype)),
    };

    private static string Text(ReadOnlySpan<long> sizes) => $"[{string.Join(", ", sizes.ToArray())}]";

    private static Tensor Adopt(int status, nint handle, string operation)
    {
        Check(status, operation);
        return Tensor.UnsafeCreateTensor(handle);
    }

    /// <summary>The arguments were checked before, so a refusal is a defect of this program and no user's fault.</summary>
    private static void Check(int status, string operation)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"libtorch refused {operation}; its own message is on stderr.");
        }
    }
}
