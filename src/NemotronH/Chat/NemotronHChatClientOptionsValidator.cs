using System.Globalization;
using Microsoft.Extensions.Options;
using NemotronH.Text.Templates;

namespace NemotronH.Chat;

/// <summary>Finds what is wrong with the options when the host starts, before minutes of loading.</summary>
internal sealed class NemotronHChatClientOptionsValidator : IValidateOptions<NemotronHChatClientOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, NemotronHChatClientOptions options)
    {
        List<string> faults = [.. Faults(options)];
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>Whether a device is spelled as the options ask for.</summary>
    public static bool IsDevice(string? device) => device is null or "cpu" or "cuda"
        || (device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static IEnumerable<string> Faults(NemotronHChatClientOptions options)
    {
        const string Prefix = "NemotronHChatClientOptions";
        if (ModelFault(options.ModelDirectory) is { } fault)
        {
            yield return $"{Prefix}.ModelDirectory: {fault}";
        }

        if (!IsDevice(options.Device))
        {
            yield return $"{Prefix}.Device is '{options.Device}'; expected cpu, cuda or cuda:N";
        }

        (string Name, long? Value, long Least)[] counts =
        [
            (nameof(options.MaxContext), options.MaxContext, 1),
            (nameof(options.MaxSequences), options.MaxSequences, 1),
            (nameof(options.QueueLimit), options.QueueLimit, 0),
            (nameof(options.PrefixCacheBytes), options.PrefixCacheBytes, 0),
        ];
        foreach ((string name, long? value, long least) in counts.Where(count => count.Value < count.Least))
        {
            yield return $"{Prefix}.{name} is {value}; expected {least} or more";
        }
    }

    private static string? ModelFault(string directory)
    {
        if (string.IsNullOrWhiteSpace(directory))
        {
            return "is empty; expected the directory of a checkpoint";
        }

        if (!File.Exists(Path.Join(directory, "config.json")))
        {
            return $"'{directory}' has no config.json; expected the directory of a checkpoint";
        }

        try
        {
            _ = ChatTemplate.Load(directory);
            return null;
        }
        catch (NemotronHException exception)
        {
            return exception.Message;
        }
    }
}
