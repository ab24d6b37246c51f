namespace NemotronH.Tests;

/// <summary>Files that are copied beside the test program: fixtures that the scripts under <c>tools/</c> made, and the tiny models.</summary>
internal static class Fixtures
{
    public static string TinyModel => Path.Join(AppContext.BaseDirectory, "models", "tiny");

    public static string TinyNvfp4Model => Path.Join(AppContext.BaseDirectory, "models", "tiny-nvfp4");

    public static string File(params string[] parts) => Path.Join([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static string Directory(params string[] parts) => File(parts);
}
