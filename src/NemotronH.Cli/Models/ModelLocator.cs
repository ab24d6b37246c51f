using NemotronH.Checkpoints.Hub;

namespace NemotronH.Cli.Models;

/// <summary>
/// Finds the model that <c>--model</c> means: a directory, one of the models beside the program, or one that was fetched from the Hub.
/// Nothing is fetched here.
/// </summary>
/// <param name="programDirectory">Where the program lies; <c>models</c> is searched there and in every directory above it.</param>
/// <param name="cache">The models that were fetched; <see langword="null"/> for those of the environment.</param>
internal sealed class ModelLocator(string programDirectory, HubCache? cache = null)
{
    /// <summary>Name of the model that is taken where none is given.</summary>
    public const string DefaultModel = "tiny-nvfp4";

    /// <summary>Name of the model that the default one was quantised from.</summary>
    public const string UnquantizedModel = "tiny";

    private const string ConfigFile = "config.json";

    /// <summary>The locator of this program.</summary>
    public static ModelLocator OfProgram { get; } = new(AppContext.BaseDirectory);

    /// <summary>Finds a model.</summary>
    /// <param name="model">A directory or a name; <see langword="null"/> for the default model.</param>
    /// <returns>Its directory.</returns>
    /// <exception cref="NemotronHException">There is no such directory, nor a model of that name.</exception>
    public string Find(string? model)
    {
        if (model is not null && Directory.Exists(model))
        {
            return model;
        }

        if (File.Exists(model))
        {
            throw new NemotronHException($"{model}: is a file; expected a model's directory");
        }

        if (model is null)
        {
            return FindByName(DefaultModel) ?? throw new NemotronHException(
                $"the default model is not there: expected models/{DefaultModel} beside the program ({programDirectory}); use --model DIR");
        }

        return FindByName(model) ?? (HubModelName.TryParse(model, out HubModelName? name)
            ? FindFetched(name)
            : throw new NemotronHException($"{model}: no such directory, nor a model of that name beside the program; {Known()}"));
    }

    private string FindFetched(HubModelName name)
    {
        HubCache fetched = cache ?? HubCache.FromEnvironment();
        return fetched.Find(name) is { } directory && IsModel(directory) ? directory : throw new NemotronHException(
            $"{name}: no such directory, nor a model of that name in {fetched.Directory}; 'nemotronh pull {name}' fetches it from the Hub");
    }

    private string? FindByName(string name) => Path.IsPathRooted(name)
        ? null
        : Shelves().Select(shelf => Path.Combine(shelf, name)).FirstOrDefault(IsModel);

    private string Known()
    {
        var models = Shelves().SelectMany(Directory.EnumerateDirectories).Where(IsModel);
        string[] names = [.. models.Select(directory => Path.GetFileName(directory)).Distinct().Order(StringComparer.Ordinal)];
        return names.Length == 0 ? "there are none there" : $"those are {string.Join(", ", names)}";
    }

    /// <summary>The directories whose entries have names: <c>models</c>, and within it the shapes without weights.</summary>
    private IEnumerable<string> Shelves()
    {
        for (DirectoryInfo? directory = new(programDirectory); directory is not null; directory = directory.Parent)
        {
            string models = Path.Combine(directory.FullName, "models");
            foreach (string shelf in new[] { models, Path.Combine(models, "configs") }.Where(Directory.Exists))
            {
                yield return shelf;
            }
        }
    }

    private static bool IsModel(string directory) => File.Exists(Path.Combine(directory, ConfigFile));
}
