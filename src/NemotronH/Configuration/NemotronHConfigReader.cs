using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Reads a model's <c>config.json</c>, under whichever of its names each field stands.</summary>
/// <remarks>
/// A field is demanded where a wrong guess at it would change results: the sizes, the epsilon, the convolution's bias, the number of shared
/// experts, normalisation and scaling of their weights; but only for the kinds of layers the model has. What may be absent has one meaning that
/// every released model shares: no biases, untied embeddings, one expert group, no latent space, no bounds on dt, no multi-token prediction.
/// </remarks>
public static class NemotronHConfigReader
{
    /// <summary>Name of the file in a model's directory.</summary>
    public const string FileName = "config.json";

    /// <summary>Reads the configuration of a model.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <returns>The configuration of its text model.</returns>
    /// <exception cref="ConfigurationException">
    /// There is no such directory or file, the file is not JSON, a field is missing, of the wrong type or out of range, or the model is of
    /// another family.
    /// </exception>
    public static NemotronHConfig Load(string directory)
    {
        string path = ModelFile.Find(directory, FileName)
            ?? throw new ConfigurationException($"{directory}: has no {FileName}; expected a model's directory");
        using JsonDocument document = LenientJson.Load(path);
        return Read(document, path);
    }

    /// <summary>Reads a configuration from its text.</summary>
    /// <param name="utf8Json">The text in UTF-8, perhaps with a byte order mark.</param>
    /// <param name="origin">File name for messages.</param>
    /// <returns>The configuration of the text model.</returns>
    /// <exception cref="ConfigurationException">
    /// The text is not JSON, a field is missing, of the wrong type or out of range, or the model is of another family.
    /// </exception>
    public static NemotronHConfig Parse(ReadOnlySpan<byte> utf8Json, string origin)
    {
        using JsonDocument document = LenientJson.Parse(utf8Json.ToArray(), origin);
        return Read(document, origin);
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte}, string)"/>
    /// <param name="json">The text.</param>
    /// <param name="origin">File name for messages.</param>
    public static NemotronHConfig Parse(string json, string origin) => Parse(Encoding.UTF8.GetBytes(json), origin);

    private static NemotronHConfig Read(JsonDocument document, string origin)
    {
        NemotronHConfig config = Read(TextModel.Find(new JsonFields(document.RootElement, origin)));
        CheckSize(config, origin);
        return config;
    }

    // Each size fits 32 bits; that whatever they multiply to fits 64 need not be asked again after this.
    private static void CheckSize(NemotronHConfig config, string origin)
    {
        try
        {
            ModelFootprint footprint = ModelFootprint.Of(config);
            _ = checked(footprint.BFloat16Bytes + footprint.ConvStateBytes(4) + footprint.KeyValueBytes(config.MaxPositionEmbeddings, 4));
        }
        catch (OverflowException exception)
        {
            throw new ConfigurationException($"{origin}: the sizes multiply to more than 2^63 bytes of weights or states", exception);
        }
    }

    private static NemotronHConfig Read(JsonFields fields)
    {
        ImmutableArray<LayerKind> layers = LayerPattern.Read(fields);
        int vocabSize = fields.Demand("vocab_size").Positive();
        return new NemotronHConfig
        {
            Layers = layers,
            VocabSize = vocabSize,
            HiddenSize = fields.Demand("hidden_size").Positive(),
            LayerNormEpsilon = fields.Demand("layer_norm_epsilon", "rms_norm_eps", "norm_eps").PositiveNumber(),
            MaxPositionEmbeddings = fields.Demand("max_position_embeddings").Positive(),
            Mamba = layers.Contains(LayerKind.Mamba) ? MambaConfigReader.Read(fields) : null,
            Attention = layers.Contains(LayerKind.Attention) ? AttentionConfigReader.Read(fields) : null,
            Mlp = layers.Contains(LayerKind.Mlp) ? MlpConfigReader.Read(fields, layers) : null,
            Moe = layers.Contains(LayerKind.MixtureOfExperts) ? MoeConfigReader.Read(fields) : null,
            TieWordEmbeddings = fields.Find("tie_word_embeddings")?.Flag() ?? false,
            ResidualInFp32 = fields.Find("residual_in_fp32")?.Flag() ?? false,
            BosTokenId = fields.Find("bos_token_id")?.NonNegative(),
            EosTokenIds = EosTokenIds(fields, vocabSize),
            PadTokenId = fields.Find("pad_token_id")?.NonNegative(),
            NumNextnPredictLayers = fields.Find("num_nextn_predict_layers")?.NonNegative() ?? 0,
            Notes = [.. fields.Notes],
        };
    }

    private static ImmutableArray<int> EosTokenIds(JsonFields fields, int vocabSize)
    {
        ImmutableArray<int> ids = TokenIds.Read(fields, "eos_token_id");
        foreach (int id in ids.Where(id => id >= vocabSize))
        {
            fields.Notes.Add($"field 'eos_token_id' names token {id}, which the vocabulary of {vocabSize} does not have");
        }

        return ids;
    }
}
