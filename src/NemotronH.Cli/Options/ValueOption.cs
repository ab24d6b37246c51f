using System.CommandLine;
using System.Globalization;

namespace NemotronH.Cli.Options;

/// <summary>Makes options that refuse a value with a message of the form <c>--name: 'value' is not what was expected</c>.</summary>
internal static class ValueOption
{
    /// <summary>An option whose presence is its value.</summary>
    public static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>An option with any text.</summary>
    public static Option<string?> Text(string name, string valueName, string description) =>
        new(name) { Description = description, HelpName = valueName };

    /// <summary>An option with one of a few words.</summary>
    public static Option<string?> Choice(string name, string description, params string[] choices)
    {
        string expected = choices.Length == 1 ? $"'{choices[0]}', the only choice so far" : $"one of {string.Join(", ", choices)}";
        Option<string?> option = Parsed(
            name, string.Join('|', choices), description, expected, text => choices.Contains(text) ? text : null);
        option.CompletionSources.Add(choices);
        return option;
    }

    /// <summary>An option with a whole number.</summary>
    public static Option<int?> Integer(string name, string valueName, string description, int atLeast)
    {
        return Parsed(name, valueName, description, $"a whole number from {atLeast} to {int.MaxValue}", Parse);

        int? Parse(string text) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= atLeast
                ? value
                : null;
    }

    /// <summary>An option with a finite number.</summary>
    public static Option<double?> Number(string name, string valueName, string description, string expected, Predicate<double> accept)
    {
        return Parsed(name, valueName, description, expected, Parse);

        double? Parse(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value)
            && accept(value)
                ? value
                : null;
    }

    /// <summary>An option with a value of some other form.</summary>
    /// <param name="name">Its name, dashes included.</param>
    /// <param name="valueName">What stands for the value in the help.</param>
    /// <param name="description">What it does.</param>
    /// <param name="expected">Completes "is not …".</param>
    /// <param name="parse">The value of a text, or <see langword="null"/> where it is none.</param>
    public static Option<T> Parsed<T>(
        string name, string valueName, string description, string expected, Func<string, T> parse) => new(name)
        {
            Description = description,
            HelpName = valueName,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                T value = parse(text);
                if (value is null)
                {
                    result.AddError($"{name}: '{text}' is not {expected}");
                }

                return value;
            },
        };
}
