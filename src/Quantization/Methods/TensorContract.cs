using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>The checks that every wrapper of a kernel makes at its border; nothing inside checks again.</summary>
internal static class TensorContract
{
    /// <summary>Requires a contiguous tensor of a dtype and shape.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">What the message calls it.</param>
    /// <param name="dtype">Expected dtype.</param>
    /// <param name="device">Expected device.</param>
    /// <param name="shape">Expected shape.</param>
    /// <exception cref="ArgumentException">It is something else; the message says what was found and what was expected.</exception>
    public static void Require(Tensor tensor, string name, ScalarType dtype, Device device, params ReadOnlySpan<long> shape)
    {
        long[] found = tensor.shape;
        if (tensor.dtype != dtype || !shape.SequenceEqual(found))
        {
            throw new ArgumentException($"{name} is {tensor.dtype} {Text(found)}; expected {dtype} {Text(shape)}.", nameof(tensor));
        }

        RequireContiguous(tensor, name);
        RequireDevice(tensor, name, device);
    }

    /// <summary>Requires a tensor without gaps, its last dimension innermost.</summary>
    public static void RequireContiguous(Tensor tensor, string name)
    {
        if (!tensor.is_contiguous())
        {
            throw new ArgumentException(
                $"{name} is {Text(tensor.shape)} with strides {Text(tensor.stride())}; expected a contiguous tensor.", nameof(tensor));
        }
    }

    /// <summary>Requires a tensor on a device.</summary>
    public static void RequireDevice(Tensor tensor, string name, Device device)
    {
        if (tensor.device_type != device.type || tensor.device_index != device.index)
        {
            throw new ArgumentException($"{name} is on {tensor.device}; expected {device}.", nameof(tensor));
        }
    }

    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
