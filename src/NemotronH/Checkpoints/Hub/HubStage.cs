namespace NemotronH.Checkpoints.Hub;

/// <summary>What is being done with a model's files.</summary>
public enum HubStage
{
    /// <summary>Missing files are fetched.</summary>
    Fetching,

    /// <summary>Files that are here are hashed.</summary>
    Verifying,
}
