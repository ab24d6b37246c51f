using System.Text.Json;
using System.Text.Json.Serialization;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>A configuration as text, for comparing all of it at once.</summary>
internal static class ConfigText
{
    private static readonly JsonSerializerOptions Options =
        new() { IncludeFields = true, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static string Of(NemotronHConfig config) => JsonSerializer.Serialize(config, Options);
}
