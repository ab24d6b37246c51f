using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>What products ask of their operands.</summary>
internal static class ProductCheck
{
    private const int AlignmentBytes = 16;

    /// <summary>Refuses a weight that the kernel was not compiled for.</summary>
    public static void Weight(DeviceWeight weight, GemmOperand expected)
    {
        if (GemmOperand.Of(weight) != expected)
        {
            throw new ArgumentException(
                $"The weight is {weight.Layout} [{weight.Rows}, {weight.Columns}]; expected {expected.Layout} [{expected.Rows}, {expected.Columns}].",
                nameof(weight));
        }
    }

    /// <summary>Refuses a weight that is not a single matrix.</summary>
    public static void Single(DeviceWeight weight)
    {
        if (weight.Count != 1)
        {
            throw new ArgumentException($"The weight is a bank of {weight.Count} matrices; expected a single one.", nameof(weight));
        }
    }

    /// <summary>Refuses a buffer with room for fewer matrices than can be active.</summary>
    public static void Buffer(DeviceWeight weight, int active)
    {
        if (weight.Count < active)
        {
            throw new ArgumentException($"The weight has {weight.Count} matrices; expected at least the {active} that can be active.", nameof(weight));
        }
    }

    /// <summary>Refuses inputs in another type, shape or number of parts than the product was made for.</summary>
    public static void Inputs(Tensor input, Tensor? inputLow, long rows, GemmOperand shape, bool isSplit)
    {
        Rows(input, nameof(input), ScalarType.BFloat16, rows, shape.Columns, aligned: shape.FitsTiles);
        InputLow(inputLow, input, isSplit, aligned: shape.FitsTiles);
    }

    /// <summary>Refuses outputs in another type or shape than the product was made for.</summary>
    public static void Outputs(Tensor output, Tensor? outputLow, long rows, GemmOperand shape, GemmEpilogue epilogue)
    {
        Rows(output, nameof(output), OutputDtype(epilogue), rows, shape.Rows, aligned: false);
        OutputLow(outputLow, output);
    }

    /// <summary>Refuses a matrix that is not on a GPU, or whose rows are not in one piece each.</summary>
    /// <param name="tensor">The matrix.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="aligned">Whether rows are read 16 bytes at a time, and have to begin at multiples of as many.</param>
    public static void Rows(Tensor tensor, string name, ScalarType dtype, long rows, long columns, bool aligned)
    {
        Shape(tensor, name, dtype, rows, columns);
        if (tensor.device_type != DeviceType.CUDA)
        {
            throw new ArgumentException($"{name} is on {tensor.device}; expected cuda.", name);
        }

        if (aligned)
        {
            Aligned(tensor, name);
        }
    }

    /// <summary>Refuses an input's low part that is missing, not wanted, or not laid out as the input is.</summary>
    /// <param name="inputLow">The low part.</param>
    /// <param name="input">The high part, checked before.</param>
    /// <param name="isSplit">Whether the product was made for two parts.</param>
    /// <param name="aligned">As in <see cref="Rows"/>.</param>
    public static void InputLow(Tensor? inputLow, Tensor input, bool isSplit, bool aligned)
    {
        if (inputLow is null == isSplit)
        {
            throw new ArgumentException(
                $"inputLow is {(isSplit ? "missing" : "given")}; the product was made for inputs in {(isSplit ? "two parts" : "one part")}.",
                nameof(inputLow));
        }

        Low(inputLow, nameof(inputLow), input, aligned);
    }

    /// <summary>Refuses an output's low part beside a float32 output, or one that is not laid out as the output is.</summary>
    public static void OutputLow(Tensor? outputLow, Tensor output)
    {
        if (outputLow is not null && output.dtype != ScalarType.BFloat16)
        {
            throw new ArgumentException("outputLow is given; the output is float32, and its rounding leaves nothing.", nameof(outputLow));
        }

        Low(outputLow, nameof(outputLow), output, aligned: false);
    }

    /// <summary>The output's dtype.</summary>
    public static ScalarType OutputDtype(GemmEpilogue epilogue) =>
        epilogue is GemmEpilogue.Store or GemmEpilogue.Add ? ScalarType.Float32 : ScalarType.BFloat16;

    private static void Low(Tensor? low, string name, Tensor high, bool aligned)
    {
        if (low is null)
        {
            return;
        }

        Shape(low, name, ScalarType.BFloat16, high.size(0), high.size(1));
        if (low.stride(0) != high.stride(0))
        {
            throw new ArgumentException($"{name}'s rows are {low.stride(0)} numbers apart; expected {high.stride(0)}, as those of the high part.", name);
        }

        if (low.device_type != high.device_type)
        {
            throw new ArgumentException($"{name} is on {low.device}; expected {high.device}, as the high part.", name);
        }

        if (aligned)
        {
            Aligned(low, name);
        }
    }

    private static void Shape(Tensor tensor, string name, ScalarType dtype, long rows, long columns)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dtype != dtype || tensor.Dimensions != 2 || tensor.size(0) != rows || tensor.size(1) != columns || tensor.stride(1) != 1)
        {
            throw new ArgumentException(
                $"{name} is {tensor.dtype} [{string.Join(", ", tensor.shape)}]; expected {dtype} [{rows}, {columns}] with rows in one piece.", name);
        }
    }

    private static void Aligned(Tensor tensor, string name)
    {
        if (tensor.stride(0) * tensor.ElementSize % AlignmentBytes != 0 || AtenInterop.DataPointer(tensor) % AlignmentBytes != 0)
        {
            throw new ArgumentException($"{name}'s rows do not begin at multiples of {AlignmentBytes} bytes.", name);
        }
    }
}
