namespace NemotronH.Quantization;

/// <summary>
/// Loaded weights stay where the loader put them: packed formats have layouts, scales and buffers that belong together, and a module that moved only
/// some of them would compute with the rest.
/// </summary>
internal static class Immovable
{
    /// <summary>What a method throws that is told to move or convert itself.</summary>
    /// <param name="module">Canonical module name.</param>
    public static InvalidOperationException Refusal(string module) =>
        new($"module '{module}' cannot be moved or converted after loading; expected its device and dtype to be chosen in {nameof(WeightOptions)}.");
}
