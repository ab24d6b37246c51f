using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>The scales of random quantised matrices that are one number.</summary>
/// <param name="seed">Another seed gives other values.</param>
internal sealed class RandomScalars(ulong seed)
{
    /// <summary>Largest activation that the scales of inputs are made for: activations have about unit size.</summary>
    private const double LargestInput = 16;

    /// <summary>How far scales of the same kind lie apart, so that a mix-up of two shows.</summary>
    private const double Spread = 0.1;

    /// <summary>The value of a scalar tensor.</summary>
    internal float Of(RandomTensor tensor)
    {
        string name = tensor.Stored.Name;
        if (name.EndsWith("k_scale", StringComparison.Ordinal) || name.EndsWith("v_scale", StringComparison.Ordinal))
        {
            return 1;
        }

        double variation = 1 + (Spread * ((2 * CounterRandom.For(seed, name).Uniform(0)) - 1));
        double scale = name.EndsWith(QuantizedTensors.InputScale, StringComparison.Ordinal)
            ? LargestInput / (tensor.Precision.IsNvfp4() ? E2M1.MaxValue * E4M3.MaxValue : E4M3.MaxValue)
            : WeightDistribution.Deviation(tensor.Planned) * (tensor.Precision.IsNvfp4() ? RandomCodes.Nvfp4 : RandomCodes.Fp8).UnitFactor;
        return (float)(scale * variation);
    }
}
