using System.Collections.Immutable;
using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Reads the sizes of the dense MLP mixers.</summary>
internal static class MlpConfigReader
{
    /// <summary>Reads them.</summary>
    /// <param name="fields">The text model's fields.</param>
    /// <param name="layers">The kind of each block.</param>
    /// <returns>The mixers' configuration.</returns>
    /// <exception cref="ConfigurationException">A field is missing, of the wrong type or out of range.</exception>
    public static MlpConfig Read(JsonFields fields, ImmutableArray<LayerKind> layers)
    {
        JsonField size = fields.Demand("intermediate_size");
        return new MlpConfig
        {
            IntermediateSizes = size.Value.ValueKind == JsonValueKind.Array
                ? FromList(size, layers)
                : [.. Enumerable.Repeat(size.Positive(), layers.Count(kind => kind == LayerKind.Mlp))],
            Bias = fields.Find("mlp_bias")?.Flag() ?? false,
        };
    }

    // One entry for every block, of which those of other kinds mean nothing; or one for every MLP block; or one for them all.
    private static ImmutableArray<int> FromList(JsonField list, ImmutableArray<LayerKind> layers)
    {
        JsonField[] entries = [.. list.Elements("a positive integer or a list of them")];
        int mlpCount = layers.Count(kind => kind == LayerKind.Mlp);
        IEnumerable<JsonField> chosen =
            entries.Length == layers.Length ? entries.Where((_, index) => layers[index] == LayerKind.Mlp)
            : entries.Length == mlpCount ? entries
            : entries.Length == 1 ? Enumerable.Repeat(entries[0], mlpCount)
            : throw new ConfigurationException($"{list.Origin}: field '{list.Name}' has {entries.Length} entries; "
                + $"expected 1, {mlpCount} (the MLP layers) or {layers.Length} (all layers)");
        return [.. chosen.Select(entry => entry.Positive())];
    }
}
