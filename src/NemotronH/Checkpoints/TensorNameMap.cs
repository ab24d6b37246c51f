namespace NemotronH.Checkpoints;

/// <summary>
/// The one name that each tensor (or module) of the language model has here, whichever of the usual names its checkpoint gives it: NVIDIA's
/// own, rooted at <c>backbone.</c> or <c>lm_head.</c>.
/// </summary>
internal static class TensorNameMap
{
    /// <summary>What may stand before the language model's own names; the longer before those they contain.</summary>
    private static readonly string[] Wrappers = ["model.language_model.", "language_model.model.", "language_model.", "model.", ""];

    private static readonly string[] EmbeddingAliases = ["embedding", "embed_tokens"];

    private static readonly string[] BackboneParts = ["embeddings", "layers", "norm_f"];

    /// <summary>Maps a name.</summary>
    /// <param name="onDisk">Name of a tensor or module in a checkpoint or its quantisation config.</param>
    /// <returns>
    /// The canonical name, or the part of the checkpoint the tensor belongs to if that is not the language model. A name that is neither
    /// stays as it is.
    /// </returns>
    internal static MappedName Map(string onDisk)
    {
        string wrapper = Wrappers.First(wrapper => onDisk.StartsWith(wrapper, StringComparison.Ordinal));
        string name = onDisk[wrapper.Length..];
        bool underBackbone = name.StartsWith("backbone.", StringComparison.Ordinal);
        name = underBackbone ? name["backbone.".Length..] : name;

        string part = name.Split('.', 2)[0];
        string rest = name[part.Length..];
        part = EmbeddingAliases.Contains(part) ? "embeddings" : part;
        if (SetAside(part) is { } aside)
        {
            return new MappedName(onDisk, aside);
        }

        bool rooted = underBackbone || wrapper.Length > 0;
        return part switch
        {
            "lm_head" => new MappedName(part + rest, null),
            _ when rooted && BackboneParts.Contains(part) => new MappedName($"backbone.{part}{rest}", null),
            _ => new MappedName(onDisk, null),
        };
    }

    /// <summary>The parts of multimodal and speculative checkpoints that this library does not run.</summary>
    private static string? SetAside(string part) => part switch
    {
        "mtp" => "multi-token prediction",
        "mlp1" or "multi_modal_projector" => "vision",
        _ when part.StartsWith("vision_", StringComparison.Ordinal) => "vision",
        _ when part.StartsWith("sound_", StringComparison.Ordinal) || part.StartsWith("audio_", StringComparison.Ordinal) => "sound",
        _ => null,
    };
}
