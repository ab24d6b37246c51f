using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Finds the Nemotron-H model in a configuration: at its root, or inside that of a model with more senses.</summary>
internal static class TextModel
{
    private const string ModelType = "nemotron_h";
    private static readonly string[] Wrappings = ["llm_config", "text_config", "language_config"];

    /// <summary>Finds the fields of the text model.</summary>
    /// <param name="root">The fields of the whole file.</param>
    /// <returns><paramref name="root"/>, or the fields of the object in it that describes the text model.</returns>
    /// <exception cref="ConfigurationException">It is a model of another family, or one that computes what this one does not.</exception>
    public static JsonFields Find(JsonFields root)
    {
        if (root.Find("model_type") is { } type && type.Text() == ModelType)
        {
            return Checked(root);
        }

        foreach (string wrapping in Wrappings)
        {
            if (root.Find(wrapping) is { Value.ValueKind: JsonValueKind.Object } inner)
            {
                return Unwrap(root, wrapping, inner);
            }
        }

        throw Refusal(root);
    }

    private static JsonFields Unwrap(JsonFields root, string wrapping, JsonField inner)
    {
        var fields = new JsonFields(inner.Value, root.Origin, wrapping + ".");
        if (fields.Demand("model_type").Text() != ModelType)
        {
            throw Refusal(fields);
        }

        string outer = root.Find("model_type") is { } type ? JsonText.Quote(type.Value) : "a larger model";
        fields.Notes.Add($"the text model inside {outer} ('{wrapping}'); its other parts are not run");
        return Checked(fields);
    }

    private static ConfigurationException Refusal(JsonFields fields)
    {
        JsonField type = fields.Demand("model_type");
        return new ConfigurationException(
            $"{type.Origin}: {type.Name} {JsonText.Quote(type.Value)} is not a Nemotron-H model; expected '{ModelType}'");
    }

    private static JsonFields Checked(JsonFields fields)
    {
        fields.Find("mlp_hidden_act")?.MustBe("relu2");
        fields.Find("mamba_hidden_act")?.MustBe("silu");
        return fields.Find("block_configs") is { } blocks
            ? throw blocks.Wrong("none: layers of unequal sizes are not supported")
            : fields;
    }
}
