namespace NemotronH.Tests;

/// <summary>Files that the scripts under <c>tools/</c> made; they are copied beside the test program.</summary>
internal static class Fixtures
{
    public static string File(params string[] parts) => Path.Join([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static string Directory(params string[] parts) => File(parts);
}
