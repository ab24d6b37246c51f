namespace NemotronH.Configuration;

/// <summary>Finds the files of a model's directory.</summary>
internal static class ModelFile
{
    /// <summary>Finds a file.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="name">The file's name.</param>
    /// <returns>Its path, or <see langword="null"/> where the directory has no such file.</returns>
    /// <exception cref="ConfigurationException">There is no such directory.</exception>
    public static string? Find(string directory, string name)
    {
        if (!Directory.Exists(directory))
        {
            string found = File.Exists(directory) ? "is a file" : "no such directory";
            throw new ConfigurationException($"{directory}: {found}; expected a model's directory");
        }

        string path = Path.Combine(directory, name);
        return File.Exists(path) ? path : null;
    }
}
