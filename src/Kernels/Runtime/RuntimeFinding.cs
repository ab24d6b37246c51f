namespace NemotronH.Kernels.Runtime;

/// <summary>What was found out of one part of the native side.</summary>
/// <param name="Component">The part, such as torch_cpu, NVRTC or GPU 0.</param>
/// <param name="Found">Whether it is there.</param>
/// <param name="Works">Whether it was tried and did what it should.</param>
/// <param name="Detail">One line: path, version and the like; where it is missing or broken, why and what to do.</param>
public sealed record RuntimeFinding(string Component, bool Found, bool Works, string Detail)
{
    internal static RuntimeFinding Working(string component, string detail) => new(component, Found: true, Works: true, detail);

    internal static RuntimeFinding Broken(string component, string detail) => new(component, Found: true, Works: false, detail);

    internal static RuntimeFinding Missing(string component, string detail) => new(component, Found: false, Works: false, detail);
}
