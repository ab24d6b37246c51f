using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The contract at a kernel's border: what a tensor must be before its address is handed over.</summary>
/// <remarks>Checks come before launches; a kernel wrapper's own code and the kernel check nothing again.</remarks>
internal static class TensorCheck
{
    /// <summary>In a shape: any size.</summary>
    public const long Any = -1;

    /// <summary>Expects a contiguous tensor on a GPU.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="shape">The sizes, outermost first; -1 for any size.</param>
    /// <exception cref="ArgumentException">It is something else; the message names it, what was found and what was expected.</exception>
    public static void Expect(Tensor? tensor, string name, ScalarType dtype, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dtype != dtype || !Fits(tensor, shape) || tensor.device_type != DeviceType.CUDA || !tensor.is_contiguous())
        {
            throw new ArgumentException($"{name} is {Describe(tensor)}; expected {Name(dtype)} {Text(shape)} on cuda, contiguous.", name);
        }
    }

    /// <summary>Expects a contiguous tensor on a GPU, whatever its shape and element type.</summary>
    public static void OnGpu(Tensor? tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.device_type != DeviceType.CUDA || !tensor.is_contiguous())
        {
            throw new ArgumentException($"{name} is {Describe(tensor)}; expected a contiguous tensor on cuda.", name);
        }
    }

    /// <summary>Expects the first element at a multiple of some bytes, which a view into a larger tensor may break.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="bytes">What the kernel reads at once: 16 for vectors of four floats.</param>
    public static void Aligned(Tensor tensor, string name, int bytes)
    {
        nint address = AtenInterop.DataPointer(tensor);
        if (address % bytes != 0)
        {
            throw new ArgumentException($"{name} begins at 0x{address:x}; expected a multiple of {bytes} bytes.", name);
        }
    }

    private static bool Fits(Tensor tensor, ReadOnlySpan<long> shape)
    {
        if (tensor.Dimensions != shape.Length)
        {
            return false;
        }

        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            if (shape[dimension] != Any && shape[dimension] != tensor.size(dimension))
            {
                return false;
            }
        }

        return true;
    }

    private static string Describe(Tensor tensor) =>
        $"{Name(tensor.dtype)} {Text(tensor.shape)} on {tensor.device}, {(tensor.is_contiguous() ? "contiguous" : "not contiguous")}";

    private static string Name(ScalarType dtype) => dtype == AtenInterop.Float8E4M3 ? nameof(AtenInterop.Float8E4M3) : dtype.ToString();

    private static string Text(ReadOnlySpan<long> shape) =>
        $"[{string.Join(", ", shape.ToArray().Select(size => size == Any ? "any" : size.ToString()))}]";
}
