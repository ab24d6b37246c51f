namespace NemotronH.Tests.Text.Templates;

/// <summary>Texts that are not part of the repository: where <c>NEMOTRONH_TEST_DATA</c> points, else in <c>../shared</c> beside it.</summary>
internal static class TestData
{
    /// <summary>The path of a file, or <see langword="null"/> where it is not there.</summary>
    public static string? Find(params string[] parts)
    {
        string? root = Environment.GetEnvironmentVariable("NEMOTRONH_TEST_DATA") ?? FindShared();
        string? path = root is null ? null : Path.Join([root, .. parts]);
        return File.Exists(path) ? path : null;
    }

    private static string? FindShared()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Join(directory.FullName, "NemotronH.sln")))
            {
                return Path.Join(directory.Parent?.FullName, "shared");
            }
        }

        return null;
    }
}
