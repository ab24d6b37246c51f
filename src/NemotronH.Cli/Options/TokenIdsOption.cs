using System.CommandLine;
using System.Globalization;

namespace NemotronH.Cli.Options;

/// <summary>Options that take token ids as <c>1,2,3</c>.</summary>
internal static class TokenIdsOption
{
    /// <summary>Makes such an option; where it is not given its value is empty.</summary>
    public static Option<long[]?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "1,2,3",
        CustomParser = result =>
        {
            var ids = new List<long>();
            foreach (string item in result.Tokens[0].Value.Split(','))
            {
                if (!long.TryParse(item, CultureInfo.InvariantCulture, out long id))
                {
                    result.AddError($"{name}: '{item}' is not a token id; expected whole numbers with commas between them");
                    return null;
                }

                ids.Add(id);
            }

            return [.. ids];
        },
    };

    /// <summary>The ids of a list, as the library takes them.</summary>
    /// <exception cref="NemotronHException">A number is larger than any vocabulary.</exception>
    public static int[] Narrow(long[] ids) =>
        [.. ids.Select(id => id == (int)id ? (int)id : throw new NemotronHException($"token id {id} is outside the vocabulary"))];
}
