namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="SequenceRows.Finished"/> holds.</summary>
public enum SequenceState
{
    /// <summary>It goes on.</summary>
    Running = 0,

    /// <summary>Its last token was one of its end tokens.</summary>
    Stopped = 1,

    /// <summary>It reached its length limit.</summary>
    Full = 2,

    /// <summary>Its logits were not finite: the step gave no token.</summary>
    Failed = 3,
}
