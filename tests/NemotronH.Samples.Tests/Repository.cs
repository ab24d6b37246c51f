namespace NemotronH.Samples.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its directory; a test that asks for it skips where it is not there.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? directory = new(AppContext.BaseDirectory);
            while (directory is not null && !File.Exists(Path.Join(directory.FullName, "NemotronH.sln")))
            {
                directory = directory.Parent;
            }

            Assert.SkipUnless(directory is not null, "The samples and the documentation lie beside the solution, which is not here.");
            return directory!.FullName;
        }
    }
}
