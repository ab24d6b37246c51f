namespace NemotronH.Checkpoints;

/// <summary>What a name on disk stands for.</summary>
/// <param name="Canonical">Canonical name; the name on disk where the tensor is set aside or unknown.</param>
/// <param name="SetAside">The part of the checkpoint it belongs to, if that is not the language model.</param>
internal readonly record struct MappedName(string Canonical, string? SetAside);
