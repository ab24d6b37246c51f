using System.Collections.Immutable;
using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Reads which mixer each block has, in either spelling: a string of letters or a list of names.</summary>
internal static class LayerPattern
{
    private static readonly string[] Names = ["hybrid_override_pattern", "layers_block_type", "layer_types"];

    /// <summary>Reads the kinds of the blocks and notes what contradicts them.</summary>
    /// <param name="fields">The text model's fields.</param>
    /// <returns>The kinds, first block first; at least one.</returns>
    /// <exception cref="ConfigurationException">There is no pattern, it is empty, or it has an unknown letter or name.</exception>
    /// <remarks>
    /// <c>hybrid_override_pattern</c> wins: some old configs carry a meaningless list beside it. <c>num_hidden_layers</c> may be absent, null or
    /// wrong, and never counts.
    /// </remarks>
    public static ImmutableArray<LayerKind> Read(JsonFields fields)
    {
        List<JsonField> spellings = [];
        foreach (string name in Names)
        {
            if (fields.Find(name) is { } field)
            {
                spellings.Add(field);
            }
        }

        if (spellings.Count == 0)
        {
            throw fields.Missing(Names);
        }

        JsonField chosen = spellings[0];
        ImmutableArray<LayerKind> kinds = Kinds(chosen);
        foreach (JsonField other in spellings.Skip(1).Where(other => !Agrees(other, kinds)))
        {
            fields.Notes.Add($"field '{other.Name}' disagrees with '{chosen.Name}' and is ignored");
        }

        if (fields.Find("num_hidden_layers") is { } count && count.Integer() != kinds.Length)
        {
            fields.Notes.Add($"field '{count.Name}' is {count.Integer()} but '{chosen.Name}' has {kinds.Length} layers, which count");
        }

        return kinds;
    }

    private static bool Agrees(JsonField other, ImmutableArray<LayerKind> kinds)
    {
        try
        {
            return Kinds(other).SequenceEqual(kinds);
        }
        catch (ConfigurationException)
        {
            return false;
        }
    }

    private static ImmutableArray<LayerKind> Kinds(JsonField field)
    {
        IEnumerable<LayerKind> kinds = field.Value.ValueKind == JsonValueKind.String
            ? FromLetters(field)
            : field.Elements("a string of letters or a list of names").SelectMany(FromElement);
        ImmutableArray<LayerKind> all = [.. kinds];
        return all.IsEmpty
            ? throw new ConfigurationException($"{field.Origin}: field '{field.Name}' is empty; expected one letter or name per layer")
            : all;
    }

    // A list holds names, or (in one converter's files) pieces of the letter pattern.
    private static IEnumerable<LayerKind> FromElement(JsonField element)
    {
        string text = element.Text();
        if (KindOfName(text) is { } kind)
        {
            return [kind];
        }

        return text.All(letter => KindOfLetter(letter) is not null)
            ? FromLetters(element)
            : throw new ConfigurationException($"{element.Origin}: field '{element.Name}' is the unknown layer kind "
                + $"{JsonText.Quote(element.Value)}; expected mamba, attention, moe or mlp");
    }

    private static IEnumerable<LayerKind> FromLetters(JsonField field) => field.Text().Select((letter, index) => KindOfLetter(letter)
        ?? throw new ConfigurationException($"{field.Origin}: field '{field.Name}' has the unknown layer letter "
            + $"{Printable(letter)} at position {index}; expected M, E, * or -"));

    private static string Printable(char letter) => letter is > ' ' and <= '~' ? $"'{letter}'" : $"U+{(int)letter:X4}";

    private static LayerKind? KindOfLetter(char letter) => letter switch
    {
        'M' => LayerKind.Mamba,
        '*' or 'A' => LayerKind.Attention,
        '-' => LayerKind.Mlp,
        'E' => LayerKind.MixtureOfExperts,
        _ => null,
    };

    private static LayerKind? KindOfName(string name) => name switch
    {
        "mamba" or "linear_attention" => LayerKind.Mamba,
        "attention" or "full_attention" => LayerKind.Attention,
        "mlp" => LayerKind.Mlp,
        "moe" => LayerKind.MixtureOfExperts,
        _ => null,
    };
}
