using System.Globalization;
using System.Text.Json;
using NemotronH.Generation;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>How the model answers; a person changes it as the chat goes on.</summary>
/// <param name="options">What the command line says about it.</param>
/// <param name="thinking">Whether the model reasons first; <see langword="null"/> leaves it to the template.</param>
internal sealed class ChatSettings(GenerationOptions options, bool? thinking)
{
    private const string Default = "default";

    /// <summary>How to sample and when to stop.</summary>
    public GenerationOptions Options { get; private set; } = options;

    /// <summary>Whether the model reasons first; <see langword="null"/> leaves it to the template.</summary>
    public bool? Thinking { get; set; } = thinking;

    /// <summary>The template's variables; <see langword="null"/> for none.</summary>
    public JsonElement? TemplateArguments => Thinking is { } on ? JsonElement.Parse($$"""{"enable_thinking": {{(on ? "true" : "false")}}}""") : null;

    /// <summary>Sets one option from words such as <c>temperature 0.7</c>; <c>default</c> leaves it to the model.</summary>
    /// <exception cref="NemotronHException">There is no such option, or the value is out of its range.</exception>
    public void Set(string words)
    {
        string[] parts = words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts is not [string name, string value])
        {
            throw new NemotronHException("/set: expected temperature, top-p or max-tokens and a value");
        }

        Options = name switch
        {
            "temperature" => Options with { Temperature = Number(name, value, "a number from 0 on", number => number >= 0) },
            "top-p" => Options with { TopP = Number(name, value, "a number above 0 and at most 1", number => number is > 0 and <= 1) },
            "max-tokens" => Options with { MaxTokens = Integer(name, value) },
            _ => throw new NemotronHException($"/set: '{name}' is not one of temperature, top-p, max-tokens"),
        };
    }

    /// <summary>The options that can be set, on one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"temperature {Options.Temperature?.ToString(CultureInfo.InvariantCulture) ?? Default}, "
        + $"top-p {Options.TopP?.ToString(CultureInfo.InvariantCulture) ?? Default}, "
        + $"max-tokens {Options.MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? Default}, "
        + $"think {(Thinking is { } on ? on ? "on" : "off" : Default)}");

    private static double? Number(string name, string text, string expected, Predicate<double> accept) =>
        text == Default ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && accept(value) ? value
        : throw NotExpected(name, text, expected);

    private static int? Integer(string name, string text) =>
        text == Default ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value
        : throw NotExpected(name, text, $"a whole number from 1 to {int.MaxValue}");

    private static NemotronHException NotExpected(string name, string text, string expected) =>
        new($"/set {name}: '{text}' is not {expected}, nor '{Default}'");
}
