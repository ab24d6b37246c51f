using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Element types and vector widths as the kernels' macros name them.</summary>
internal static class ElementTypes
{
    private const int WidestVector = 4;

    /// <summary>The kernels' name of a float type.</summary>
    /// <param name="dtype">float32 or bfloat16.</param>
    /// <param name="name">What it is the type of, for the message.</param>
    /// <exception cref="ArgumentException">It is another type.</exception>
    public static string Name(ScalarType dtype, string name) => dtype switch
    {
        ScalarType.Float32 => "float",
        ScalarType.BFloat16 => "bf16",
        _ => throw new ArgumentException($"{name} is {dtype}; expected Float32 or BFloat16.", name),
    };

    /// <summary>The elements of one access: 4 where every width and offset allows it, else 1.</summary>
    public static int Vector(params ReadOnlySpan<int> sizes)
    {
        foreach (int size in sizes)
        {
            if (size % WidestVector != 0)
            {
                return 1;
            }
        }

        return WidestVector;
    }

    /// <summary>A macro with a number.</summary>
    public static (string Name, string Value) Define(string name, int value) => (name, value.ToString());
}
