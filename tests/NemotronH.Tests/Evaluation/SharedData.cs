namespace NemotronH.Tests.Evaluation;

/// <summary>Data that is not part of the repository: in the folder that NEMOTRONH_TEST_DATA names, or in <c>../shared</c> beside the repository.</summary>
internal static class SharedData
{
    /// <summary>Path of a data file, whether it is there or not.</summary>
    public static string File(string name) => Path.Join(Root(), "data", name);

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("NEMOTRONH_TEST_DATA") is { Length: > 0 } root)
        {
            return root;
        }

        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !System.IO.File.Exists(Path.Join(directory.FullName, "NemotronH.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Join(directory?.Parent?.FullName, "shared");
    }
}
