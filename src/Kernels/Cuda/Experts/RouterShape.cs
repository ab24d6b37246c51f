namespace NemotronH.Kernels.Cuda;

/// <summary>Sizes and constants of a mixture's router.</summary>
/// <param name="Hidden">Width H, a multiple of 8.</param>
/// <param name="Experts">Number of routed experts E, at most 512.</param>
/// <param name="TopK">Experts of a token, at most 32.</param>
/// <param name="Groups">Groups that the experts are divided into, at most 32.</param>
/// <param name="TopGroups">Groups that a token may choose from; a group's score is the sum of its two best experts'.</param>
/// <param name="Normalize">Whether a token's weights are divided by their sum.</param>
/// <param name="ScalingFactor">What the weights are multiplied by at last.</param>
public sealed record RouterShape(
    int Hidden, int Experts, int TopK, int Groups = 1, int TopGroups = 1, bool Normalize = true, float ScalingFactor = 1)
{
    /// <summary>The most experts that the kernels are written for.</summary>
    public const int MaxExperts = 512;

    /// <summary>The most choices and groups: one for each lane of a warp.</summary>
    private const int WarpSize = 32;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A size is out of its range; the message names it.</exception>
    internal void Validate()
    {
        Check(Hidden > 0 && Hidden % 8 == 0, nameof(Hidden), Hidden, "a multiple of 8");
        Check(Experts is > 0 and <= MaxExperts, nameof(Experts), Experts, $"1 to {MaxExperts}");
        Check(TopK > 0 && TopK <= Math.Min(WarpSize, Experts), nameof(TopK), TopK, $"1 to {Math.Min(WarpSize, Experts)}");
        bool divides = Groups is > 0 and <= WarpSize && Experts % Groups == 0;
        Check(divides, nameof(Groups), Groups, $"a divisor of {Experts}, at most {WarpSize}");
        Check(TopGroups > 0 && TopGroups <= Groups, nameof(TopGroups), TopGroups, $"1 to {Groups}");
        Check(float.IsFinite(ScalingFactor), nameof(ScalingFactor), ScalingFactor, "a finite number");
    }

    private static void Check(bool valid, string name, float value, string expected)
    {
        if (!valid)
        {
            throw new ArgumentException($"{name} is {value}; expected {expected}.", name);
        }
    }
}
