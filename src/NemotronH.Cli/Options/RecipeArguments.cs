using System.CommandLine;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Quantization.Formats;

namespace NemotronH.Cli.Options;

/// <summary>The options that say which modules are quantised, and how.</summary>
internal sealed class RecipeArguments
{
    private static readonly QuantizationRecipe[] Formats = [QuantizationRecipes.Nvfp4, QuantizationRecipes.Fp8];

    private readonly Option<string?> _format = ValueOption.Choice(
        "--format",
        "One format for all linear layers and experts; embeddings and output head stay as they are.",
        [.. Formats.Select(recipe => recipe.Name)]);

    private readonly Option<string?> _recipe = ValueOption.Text(
        "--recipe",
        $"{Names("|")}|FILE",
        "Module by module, as NVIDIA does it for Nemotron 3 Nano, 3 Super or 3.5 Lightning, or as a JSON file says.");

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Modules to leave as they are: names such as lm_head and backbone.layers.3.mixer.in_proj, in which * stands for any "
            + "characters and ? for one; may be given more than once.",
        HelpName = "GLOB",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _fourOverSix = ValueOption.Flag(
        "--four-over-six", "NVFP4: let the largest weight of a block become 4 instead of 6 where that errs less.");

    private readonly Option<string?> _scaleSearch = ValueOption.Choice(
        "--scale-search", "NVFP4: try the block scales near the usual one and take the one with the least squared error.", "mse");

    /// <summary>The options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_format, _recipe, _exclude, _fourOverSix, _scaleSearch];

    /// <summary>Reads the recipe that a command line describes.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="command">The command, for messages about wrong usage.</param>
    /// <exception cref="UsageException">There is no recipe, or two, or an option that means nothing for it.</exception>
    /// <exception cref="NemotronHException">A recipe file is missing or not what it should be.</exception>
    public QuantizationRecipe Read(ParseResult parse, string command)
    {
        QuantizationRecipe recipe = (parse.GetValue(_format), parse.GetValue(_recipe)) switch
        {
            (null, null) => throw new UsageException("there is neither --format nor --recipe; expected one of them", command),
            ({ }, { }) => throw new UsageException("both --format and --recipe are given; expected one of them", command),
            ({ } format, null) => Formats.Single(recipe => recipe.Name == format),
            (null, { } name) => Find(name),
        };
        bool fourOverSix = parse.GetValue(_fourOverSix);
        bool search = parse.GetValue(_scaleSearch) is not null;
        if (recipe == QuantizationRecipes.Fp8 && (fourOverSix || search))
        {
            throw new UsageException(
                $"{(fourOverSix ? "--four-over-six" : "--scale-search")} is for NVFP4; expected no such option with --format fp8", command);
        }

        return recipe with
        {
            Excluded = [.. recipe.Excluded, .. parse.GetValue(_exclude) ?? []],
            Nvfp4Options = recipe.Nvfp4Options with
            {
                FourOverSix = fourOverSix || recipe.Nvfp4Options.FourOverSix,
                ScaleSearch = search ? ScaleSearch.Mse : recipe.Nvfp4Options.ScaleSearch,
            },
        };
    }

    /// <summary>Whether a recipe comes from a file, so that a rule without effect may be a mistake.</summary>
    public static bool IsFromFile(QuantizationRecipe recipe) =>
        !Formats.Concat(QuantizationRecipes.OfModels).Any(known => known.Name == recipe.Name);

    private static QuantizationRecipe Find(string name)
    {
        QuantizationRecipe? known = QuantizationRecipes.OfModels.FirstOrDefault(recipe => recipe.Name == name);
        return known ?? (Path.Exists(name)
            ? QuantizationRecipeReader.Load(name)
            : throw new NemotronHException($"{name}: no such file, nor a recipe of that name; those are {Names(", ")}"));
    }

    private static string Names(string separator) => string.Join(separator, QuantizationRecipes.OfModels.Select(recipe => recipe.Name));
}
