using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>
/// A checkpoint that is nowhere stored: each tensor is made of random numbers, on the model's device, when it is read. Matrices have the deviation
/// that <see cref="WeightDistribution"/> gives them. The experts of a block are fused into one parameter, so that no second copy of them is needed.
/// </summary>
internal sealed class SyntheticWeights : ITensorSource
{
    private const string FirstExpert = ".experts.0.";

    // E4M3 codes are drawn from a few octaves, uniformly: far from NaN, from zero, and from the subnormals.
    private const int BlockScaleMask = 0x0F, BlockScaleBits = 0x60;
    private const int CodeMask = 0x9F, CodeBits = 0x40;

    private static readonly double Nvfp4UnitFactor = 1 / Math.Sqrt(
        MeanSquare(Enumerable.Range(0, 16).Select(code => (double)E2M1.Decode(code))) * MeanSquare(Codes(BlockScaleMask, BlockScaleBits)));

    private static readonly double Fp8UnitFactor = 1 / Math.Sqrt(MeanSquare(Codes(CodeMask, CodeBits)));

    private readonly Dictionary<string, RandomTensor> _tensors;
    private readonly RandomWeights _small;
    private readonly Device _device;

    /// <summary>Describes a checkpoint.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tensors">Its tensors as a checkpoint lists them, each expert by itself.</param>
    /// <param name="device">Where matrices are made; what is one number, or a short vector, is made on the CPU.</param>
    internal SyntheticWeights(NemotronHConfig config, IEnumerable<RandomTensor> tensors, Device device)
    {
        _device = device;
        _small = new RandomWeights(config, seed: 0);
        _tensors = tensors.Where(tensor => !IsOtherExpert(tensor))
            .Select(tensor => tensor.Planned.Role == TensorRole.ExpertWeight ? Fuse(tensor, config.Moe!.NumExperts) : tensor)
            .ToDictionary(tensor => tensor.Stored.Name);
    }

    /// <inheritdoc/>
    public StoredTensorInfo? Describe(string name) => _tensors.GetValueOrDefault(name)?.Stored;

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        RandomTensor tensor = _tensors.GetValueOrDefault(name) ?? throw new CheckpointException($"tensor '{name}' is missing");
        using var noGrad = no_grad();
        return tensor.Stored.Dtype switch
        {
            StoredDtype.UInt8 => Bytes(tensor),
            StoredDtype.Float8E4M3 when tensor.Precision.IsNvfp4() => Bytes(tensor, BlockScaleMask, BlockScaleBits),
            StoredDtype.Float8E4M3 => Bytes(tensor, CodeMask, CodeBits),
            StoredDtype.Float32 when tensor.Planned.Role is not (TensorRole.RouterWeight or TensorRole.RouterBias) => Scales(tensor),
            _ when tensor.Planned.IsQuantizable() || tensor.Planned.Role == TensorRole.RouterWeight => Normal(tensor),
            _ => Small(tensor),
        };
    }

    /// <inheritdoc/>
    public void Release(string name)
    {
    }

    private static bool IsOtherExpert(RandomTensor tensor) =>
        tensor.Planned.Role == TensorRole.ExpertWeight
        && (!tensor.Planned.Name.Contains(FirstExpert, StringComparison.Ordinal)
            || tensor.Stored.Name.EndsWith(QuantizedTensors.InputScale, StringComparison.Ordinal));

    /// <summary><c>experts.0.up_proj.weight_scale</c> becomes <c>experts.up_proj_weight_scale</c>, a stack.</summary>
    private static RandomTensor Fuse(RandomTensor expert, int count)
    {
        string module = QuantizedTensors.ModuleOf(expert.Planned);
        string ending = expert.Stored.Name[module.Length..];
        string fused = module.Replace(FirstExpert, ".experts.", StringComparison.Ordinal)
            + (ending == QuantizedTensors.Weight ? "" : "_" + ending[1..]);
        return expert with { Stored = expert.Stored with { Name = fused, Shape = [count, .. expert.Stored.Shape] } };
    }

    private Tensor Bytes(RandomTensor tensor, int mask = byte.MaxValue, int bits = 0)
    {
        using var scope = NewDisposeScope();
        Tensor bytes = empty([.. tensor.Stored.Shape], ScalarType.Byte, _device).random_(0, 1 << 8);
        if (bits != 0)
        {
            bytes.bitwise_and_(torch.tensor(mask, ScalarType.Byte, _device)).bitwise_or_(torch.tensor(bits, ScalarType.Byte, _device));
        }

        return bytes.DetachFromDisposeScope();
    }

    private Tensor Normal(RandomTensor tensor) =>
        empty([.. tensor.Stored.Shape], tensor.Stored.Dtype.ToScalarType(), _device).normal_(0, WeightDistribution.Deviation(tensor.Planned));

    /// <summary>The factor that gives a quantised matrix its deviation; other scales are 1.</summary>
    private static Tensor Scales(RandomTensor tensor)
    {
        bool isFactor = tensor.Stored.Name.EndsWith(tensor.Precision.IsNvfp4() ? "weight_scale_2" : "weight_scale", StringComparison.Ordinal);
        double factor = isFactor
            ? WeightDistribution.Deviation(tensor.Planned) * (tensor.Precision.IsNvfp4() ? Nvfp4UnitFactor : Fp8UnitFactor)
            : 1;
        return full([.. tensor.Stored.Shape], factor, ScalarType.Float32);
    }

    private Tensor Small(RandomTensor tensor)
    {
        Tensor values = empty([.. tensor.Stored.Shape], tensor.Stored.Dtype.ToScalarType());
        _small.Fill(tensor, 0, values.bytes);
        return values;
    }

    private static double MeanSquare(IEnumerable<double> values) => values.Average(value => value * value);

    private static IEnumerable<double> Codes(int mask, int bits) =>
        Enumerable.Range(0, 1 << 8).Select(random => (double)E4M3.Decode((byte)((random & mask) | bits)));
}
