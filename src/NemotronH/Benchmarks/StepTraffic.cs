namespace NemotronH.Benchmarks;

/// <summary>The bytes that one decode step has to move through a device's memory, at the least; see <see cref="StepTrafficModel"/>.</summary>
public sealed record StepTraffic
{
    /// <summary>Mamba layers' projections.</summary>
    public double Mamba { get; init; }

    /// <summary>Attention layers' projections.</summary>
    public double Attention { get; init; }

    /// <summary>Routed experts that the batch is expected to hit.</summary>
    public double Experts { get; init; }

    /// <summary>Shared experts, and projections into and out of the experts' latent space.</summary>
    public double Shared { get; init; }

    /// <summary>Dense MLP layers.</summary>
    public double Mlp { get; init; }

    /// <summary>Routers.</summary>
    public double Router { get; init; }

    /// <summary>The output head.</summary>
    public double Head { get; init; }

    /// <summary>SSM states in float32, read and written.</summary>
    public double SsmState { get; init; }

    /// <summary>Convolution states, read and written.</summary>
    public double ConvState { get; init; }

    /// <summary>Keys and values of the context.</summary>
    public double KeyValues { get; init; }

    /// <summary>Norms, convolutions, biases, rows of the embedding.</summary>
    public double Other { get; init; }

    /// <summary>All of it.</summary>
    public double Total => Mamba + Attention + Experts + Shared + Mlp + Router + Head + SsmState + ConvState + KeyValues + Other;
}
