namespace NemotronH.Tests.Checkpoints.Hub.Support;

/// <summary>A request that a stand-in got.</summary>
internal sealed record StandInRequest(string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>The first byte asked for, or <see langword="null"/> where all are.</summary>
    public int? RangeStart => Header("Range") is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : null;
}
