namespace NemotronH.Server.Protocol;

/// <summary>The models that the server has.</summary>
/// <param name="Data">The models.</param>
internal sealed record ModelList(IReadOnlyList<ModelCard> Data)
{
    /// <summary>What this is.</summary>
    public string Object { get; } = "list";
}
