using System.CommandLine;
using System.Globalization;

namespace NemotronH.Cli.Options;

/// <summary>Options that take several whole numbers as <c>1,8,64</c>, or several words as <c>a,b</c>.</summary>
internal static class ListOption
{
    /// <summary>An option with whole numbers from 1 on.</summary>
    /// <param name="name">Its name, dashes included.</param>
    /// <param name="example">What stands for the value in the help.</param>
    /// <param name="description">What it does.</param>
    public static Option<int[]?> Integers(string name, string example, string description) => Create(
        name,
        example,
        description,
        "a whole number from 1 on; expected one, or several with commas between them",
        item => int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? (int?)number : null,
        numbers => numbers.Select(number => number!.Value).ToArray());

    /// <summary>An option with some of a few words.</summary>
    /// <param name="name">Its name, dashes included.</param>
    /// <param name="description">What it does.</param>
    /// <param name="words">The words.</param>
    public static Option<string[]?> Words(string name, string description, params string[] words) => Create(
        name,
        string.Join(',', words),
        description,
        $"one of {string.Join(", ", words)}; several have commas between them",
        item => words.Contains(item) ? item : null,
        found => found.ToArray());

    private static Option<TList?> Create<TItem, TList>(
        string name, string example, string description, string expected, Func<string, TItem?> parse, Func<List<TItem>, TList> finish)
        where TList : class => new(name)
        {
            Description = description,
            HelpName = example,
            CustomParser = result =>
            {
                var items = new List<TItem>();
                foreach (string text in result.Tokens[0].Value.Split(','))
                {
                    if (parse(text) is not { } item)
                    {
                        result.AddError($"{name}: '{text}' is not {expected}");
                        return null;
                    }

                    items.Add(item);
                }

                return finish(items);
            },
        };
}
