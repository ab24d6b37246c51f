using NemotronH.Kernels.Runtime;

namespace NemotronH.Cli.Commands;

/// <summary>What <c>doctor --json</c> prints.</summary>
/// <param name="Libtorch">Version, or <see langword="null"/> where none was loaded.</param>
/// <param name="WorksOnCpu">Whether models run on the CPU.</param>
/// <param name="WorksOnCuda">Whether models run on the first GPU.</param>
/// <param name="Findings">Every part that was looked at.</param>
/// <param name="Warnings">What should be known besides.</param>
internal sealed record DoctorResult(
    string? Libtorch, bool WorksOnCpu, bool WorksOnCuda, IReadOnlyList<RuntimeFinding> Findings, IReadOnlyList<string> Warnings)
{
    /// <summary>A report in the form that is printed.</summary>
    public static DoctorResult Of(LibTorchReport report) =>
        new(report.Version?.ToString(), report.WorksOnCpu, report.WorksOnCuda, report.Findings, report.Warnings);
}
