using static TorchSharp.torch;

namespace NemotronH.Kernels.Interop;

/// <summary>Calls any operator of libtorch by its name in native_functions.yaml, with all of its arguments in their order.</summary>
internal static unsafe class AtenDispatcher
{
    /// <summary>Version of the C interface that this is written for: libtorch 2.10's; later versions keep to it.</summary>
    private const ulong Version = 0x020a_0000_0000_0000;

    /// <summary>More than any operator here has. What a later version appended to an operator's arguments is optional: zeros mean that it is not there.</summary>
    private const int StackSize = 32;

    /// <summary>Calls an operator that returns tensors.</summary>
    /// <param name="name">Its name, as in <c>"aten::mm\0"u8</c>.</param>
    /// <param name="results">How many tensors it returns.</param>
    /// <param name="kept">How many of them, from the first, are wanted.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The wanted results; the caller disposes.</returns>
    /// <exception cref="InvalidOperationException">libtorch refused: it has no such operator, not for this device, or not for these arguments.</exception>
    public static Tensor[] Call(ReadOnlySpan<byte> name, int results, int kept, params ReadOnlySpan<DispatcherValue> arguments)
    {
        ulong* stack = stackalloc ulong[StackSize];
        new Span<ulong>(stack, StackSize).Clear();
        for (int i = 0; i < arguments.Length; i++)
        {
            stack[i] = arguments[i].ToBits();
        }

        fixed (byte* operation = name)
        fixed (byte* overload = "\0"u8)
        {
            if (AtenShim.CallDispatcher(operation, overload, stack, Version) != 0)
            {
                string called = System.Text.Encoding.UTF8.GetString(name).TrimEnd('\0');
                throw new InvalidOperationException($"libtorch refused {called}; its own message is on stderr.");
            }
        }

        for (int i = kept; i < results; i++)
        {
            _ = AtenShim.DeleteHandle((nint)stack[i]);
        }

        var tensors = new Tensor[kept];
        for (int i = 0; i < kept; i++)
        {
            tensors[i] = Tensor.UnsafeCreateTensor((nint)stack[i]);
        }

        return tensors;
    }
}
