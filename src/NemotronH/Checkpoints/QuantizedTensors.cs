using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints;

/// <summary>The tensors that stand for one matrix of a checkpoint in ModelOpt's layout.</summary>
internal static class QuantizedTensors
{
    /// <summary>Ending of the matrix itself: plain numbers, E4M3 codes, or packed E2M1 codes.</summary>
    internal const string Weight = ".weight";

    /// <summary>Ending of the scale of an FP8 matrix, or of the block scales of an NVFP4 matrix.</summary>
    internal const string WeightScale = ".weight_scale";

    /// <summary>Ending of the factor of an NVFP4 matrix.</summary>
    internal const string WeightScale2 = ".weight_scale_2";

    /// <summary>Ending of the static scale of a module's input.</summary>
    internal const string InputScale = ".input_scale";

    /// <summary>The name of the module that a weight belongs to.</summary>
    internal static string ModuleOf(PlannedTensor weight) => weight.Name[..^Weight.Length];

    /// <summary>Whether a tensor is a matrix that a checkpoint may quantise.</summary>
    internal static bool IsQuantizable(this PlannedTensor tensor) =>
        tensor.Role is TensorRole.Embedding or TensorRole.Head or TensorRole.LinearWeight or TensorRole.ExpertWeight;

    /// <summary>Lists the tensors of a quantised matrix, codes first.</summary>
    /// <param name="weight">The matrix, [N, K]; K a multiple of 16 for NVFP4.</param>
    /// <param name="precision">FP8 or either label of NVFP4.</param>
    /// <param name="inputScale">Whether the module's input has a scale.</param>
    internal static IEnumerable<StoredTensorInfo> Of(PlannedTensor weight, ModulePrecision precision, bool inputScale)
    {
        string module = ModuleOf(weight);
        (long rows, long columns) = (weight.Shape[0], weight.Shape[1]);
        StoredTensorInfo[] tensors = precision.IsNvfp4()
            ?
            [
                new(module + Weight, StoredDtype.UInt8, [rows, columns / 2]),
                new(module + WeightScale, StoredDtype.Float8E4M3, [rows, columns / Nvfp4.BlockSize]),
                Scalar(module + WeightScale2),
            ]
            : [new(module + Weight, StoredDtype.Float8E4M3, [rows, columns]), Scalar(module + WeightScale)];
        return inputScale ? tensors.Append(Scalar(module + InputScale)) : tensors;
    }

    private static StoredTensorInfo Scalar(string name) => new(name, StoredDtype.Float32, []);
}
