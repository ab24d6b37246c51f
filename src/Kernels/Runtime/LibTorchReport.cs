namespace NemotronH.Kernels.Runtime;

/// <summary>The state of the native side of this process: libtorch, CUDA, driver, NVRTC, devices.</summary>
/// <param name="Origin">Who provides libtorch, or null where none was loaded.</param>
/// <param name="Version">libtorch's version, or null where none was loaded.</param>
/// <param name="Findings">One entry for each part, in the order in which they depend on each other.</param>
/// <param name="Warnings">What does not stop the program but should be known; one line each.</param>
public sealed record LibTorchReport(
    LibTorchOrigin? Origin,
    Version? Version,
    IReadOnlyList<RuntimeFinding> Findings,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Whether models can run on the CPU: libtorch is loaded and computes correctly.</summary>
    public bool WorksOnCpu => Works(SelfTest("cpu"));

    /// <summary>Whether models can run on the first GPU.</summary>
    public bool WorksOnCuda => Works(SelfTest("cuda"));

    internal static string SelfTest(string device) => $"self-test on {device}";

    private bool Works(string component) => Findings.Any(finding => finding.Component == component && finding.Works);
}
