using NemotronH.Configuration;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>
/// How random weights of each role are distributed: so that activations keep about unit size through any number of blocks, as in a model
/// that was initialised for training.
/// </summary>
internal static class WeightDistribution
{
    /// <summary>Largest dt that a Mamba head starts with (Dao and Gu's <c>dt_max</c>); the smallest is the config's.</summary>
    private const double TimeStepMax = 0.1;

    /// <summary>The inverse distribution function of a tensor's values: a probability between 0 and 1, both excluded, to a value.</summary>
    internal static Func<double, double> Quantile(PlannedTensor tensor, MambaConfig? mamba) => tensor.Role switch
    {
        TensorRole.NormWeight => p => 1 + (0.05 * NormalQuantile.At(p)),
        TensorRole.LinearBias or TensorRole.ConvBias or TensorRole.RouterBias => p => 0.02 * NormalQuantile.At(p),
        TensorRole.MambaD => _ => 1,
        TensorRole.MambaALog => p => Math.Log(1 + (15 * p)),
        TensorRole.MambaDtBias => DtBias(mamba!.TimeStepMin),
        _ => Scaled(Deviation(tensor)),
    };

    /// <summary>Standard deviation of a matrix's values.</summary>
    internal static double Deviation(PlannedTensor matrix) => matrix.Role == TensorRole.Embedding ? 1 : 1 / Math.Sqrt(FanIn(matrix));

    /// <summary>Values summed into one output: all dimensions but the first.</summary>
    internal static long FanIn(PlannedTensor tensor) => tensor.Shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);

    private static Func<double, double> Scaled(double deviation) => p => deviation * NormalQuantile.At(p);

    /// <summary>The bias whose softplus is log-uniform between the bounds of dt.</summary>
    private static Func<double, double> DtBias(double smallest)
    {
        double low = Math.Log(smallest);
        double high = Math.Log(Math.Max(smallest, TimeStepMax));
        return p =>
        {
            double dt = Math.Exp(low + (p * (high - low)));
            return dt + Math.Log(-Math.Exp(-dt) + 1);
        };
    }
}
