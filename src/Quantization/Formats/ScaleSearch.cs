namespace NemotronH.Quantization.Formats;

/// <summary>How the E4M3 scale of an NVFP4 block is found.</summary>
public enum ScaleSearch
{
    /// <summary>The block's largest magnitude decides: it becomes 6 (or 4, with four-over-six).</summary>
    AbsoluteMaximum,

    /// <summary>
    /// The scale with the least squared error among those within an octave (eight codes) of the one that <see cref="AbsoluteMaximum"/>
    /// would take; ties go to the nearest to that one, then to the smaller.
    /// </summary>
    Mse,
}
