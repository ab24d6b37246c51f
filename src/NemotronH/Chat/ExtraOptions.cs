using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using NemotronH.Configuration;

namespace NemotronH.Chat;

/// <summary>The options that Microsoft.Extensions.AI has no member for, by the names that serving engines use.</summary>
/// <param name="MinP">See <see cref="Generation.SamplingOptions.MinP"/>.</param>
/// <param name="RepetitionPenalty">See <see cref="Generation.SamplingOptions.RepetitionPenalty"/>.</param>
/// <param name="ForceNonemptyContent">See <see cref="ChatRequest.ForceNonemptyContent"/>.</param>
/// <param name="TemplateArguments">Variables of the template.</param>
internal sealed record ExtraOptions(double? MinP, double? RepetitionPenalty, bool ForceNonemptyContent, JsonObject TemplateArguments)
{
    private static readonly string[] Names = ["chat_template_kwargs", "force_nonempty_content", "min_p", "repetition_penalty"];

    /// <summary>Reads them.</summary>
    /// <exception cref="NotSupportedException">One is unknown or of another type.</exception>
    public static ExtraOptions Read(AdditionalPropertiesDictionary? properties)
    {
        Dictionary<string, JsonElement> values = properties?.ToDictionary(property => property.Key, property => Serialize(property.Key, property.Value)) ?? [];
        if (values.Keys.FirstOrDefault(name => !Names.Contains(name)) is { } unknown)
        {
            throw new NotSupportedException($"AdditionalProperties: '{unknown}' is not supported; supported are {string.Join(", ", Names)}");
        }

        return new ExtraOptions(
            Get<double>(values, "min_p", "a number", value => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null),
            Get<double>(values, "repetition_penalty", "a number", value => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null),
            Get<bool>(values, "force_nonempty_content", "true or false", Boolean) ?? false,
            values.TryGetValue("chat_template_kwargs", out JsonElement arguments) ? Arguments(arguments) : []);
    }

    private static JsonElement Serialize(string name, object? value)
    {
        try
        {
            return JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions);
        }
        catch (Exception exception) when (exception is NotSupportedException or JsonException)
        {
            throw new NotSupportedException($"AdditionalProperties: '{name}' is a {value?.GetType().Name}, which has no JSON form", exception);
        }
    }

    private static bool? Boolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;

    private static JsonObject Arguments(JsonElement value) => value.ValueKind == JsonValueKind.Object
        ? JsonObject.Create(value)!
        : throw new NotSupportedException($"AdditionalProperties: 'chat_template_kwargs' is {JsonText.Describe(value)}; expected an object");

    private static T? Get<T>(Dictionary<string, JsonElement> values, string name, string expected, Func<JsonElement, T?> read)
        where T : struct
    {
        if (!values.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return read(value) ?? throw new NotSupportedException($"AdditionalProperties: '{name}' is {JsonText.Describe(value)}; expected {expected}");
    }
}
