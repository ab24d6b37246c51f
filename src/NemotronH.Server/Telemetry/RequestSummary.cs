using NemotronH.Server.Protocol;

namespace NemotronH.Server.Telemetry;

/// <summary>What the log says of an answered request.</summary>
/// <param name="Id">Its id, which the client was given.</param>
/// <param name="Path">What was asked.</param>
/// <param name="Usage">Its tokens.</param>
/// <param name="Reasons">Why each answer ended; <see langword="null"/> for one that was cut off.</param>
/// <param name="TimeToFirstToken">Seconds until the first token.</param>
/// <param name="Duration">From the arrival to the end.</param>
internal sealed record RequestSummary(
    string Id, string Path, Usage Usage, IReadOnlyList<string?> Reasons, double? TimeToFirstToken, TimeSpan Duration);
