namespace NemotronH.Server.Protocol;

/// <summary>A model that the server has.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Created">When it was loaded, in seconds since 1970.</param>
/// <param name="MaxModelLen">Most tokens of prompt and answer together.</param>
internal sealed record ModelCard(string Id, long Created, int MaxModelLen)
{
    /// <summary>What this is.</summary>
    public string Object { get; } = "model";

    /// <summary>Whose it is.</summary>
    public string OwnedBy { get; } = "nemotronh";
}
