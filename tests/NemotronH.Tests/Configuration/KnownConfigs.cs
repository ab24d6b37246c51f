using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>The configurations in <c>models/configs</c>, which the build copies beside the tests.</summary>
internal static class KnownConfigs
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "models", "configs");

    public static string[] Names => [.. Directory.GetDirectories(Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static NemotronHConfig Load(string name) => NemotronHConfigReader.Load(Path.Combine(Root, name));
}
