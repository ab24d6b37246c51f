using NemotronH.Kernels.Interop;
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

    /// <summary>Refuses a matrix whose rows are not in one piece each, or not where 16-byte reads can begin.</summary>
    public static void Rows(Tensor tensor, string name, ScalarType dtype, long rows, long columns)
    {
        if (tensor.dtype != dtype || tensor.Dimensions != 2 || tensor.size(0) != rows || tensor.size(1) != columns || tensor.stride(1) != 1)
        {
            throw new ArgumentException(
                $"{name} is {tensor.dtype} [{string.Join(", ", tensor.shape)}]; expected {dtype} [{rows}, {columns}] with rows in one piece.", name);
        }

        bool isInput = dtype == ScalarType.BFloat16 && name is "input" or "inputLow";
        if (isInput && columns % 8 == 0 && (tensor.stride(0) * 2 % AlignmentBytes != 0 || AtenInterop.DataPointer(tensor) % AlignmentBytes != 0))
        {
            throw new ArgumentException($"{name}'s rows do not begin at multiples of {AlignmentBytes} bytes.", name);
        }
    }

    /// <summary>Refuses an input's low part that is missing, not wanted, or not laid out as the input is.</summary>
    public static void InputLow(Tensor? inputLow, Tensor input, bool isSplit)
    {
        if (inputLow is null == isSplit)
        {
            throw new ArgumentException(
                $"inputLow is {(isSplit ? "missing" : "given")}; the product was made for inputs in {(isSplit ? "two parts" : "one part")}.",
                nameof(inputLow));
        }

        Low(inputLow, nameof(inputLow), input);
    }

    /// <summary>Refuses an output's low part beside a float32 output, or one that is not laid out as the output is.</summary>
    public static void OutputLow(Tensor? outputLow, Tensor output)
    {
        if (outputLow is not null && output.dtype != ScalarType.BFloat16)
        {
            throw new ArgumentException("outputLow is given; the output is float32, and its rounding leaves nothing.", nameof(outputLow));
        }

        Low(outputLow, nameof(outputLow), output);
    }

    /// <summary>The output's dtype.</summary>
    public static ScalarType OutputDtype(GemmEpilogue epilogue) =>
        epilogue is GemmEpilogue.Store or GemmEpilogue.Add ? ScalarType.Float32 : ScalarType.BFloat16;

    private static void Low(Tensor? low, string name, Tensor high)
    {
        if (low is null)
        {
            return;
        }

        Rows(low, name, ScalarType.BFloat16, high.size(0), high.size(1));
        if (low.stride(0) != high.stride(0))
        {
            throw new ArgumentException($"{name}'s rows are {low.stride(0)} numbers apart; expected {high.stride(0)}, as those of the high part.", name);
        }
    }
}
