namespace NemotronH.Checkpoints.Hub;

/// <summary>The environment variables of Hugging Face's tools, with the defaults that those have.</summary>
/// <param name="variable">The value of a variable, if it is set.</param>
internal sealed class HubEnvironment(Func<string, string?> variable)
{
    private const string DefaultEndpoint = "https://huggingface.co";

    private static readonly string[] True = ["1", "ON", "YES", "TRUE"];

    /// <summary>The directory that holds the models.</summary>
    internal string CacheDirectory() =>
        PathIn("HF_HUB_CACHE") ?? PathIn("HUGGINGFACE_HUB_CACHE") ?? Path.Join(HomeDirectory(), "hub");

    /// <summary>The Hub's address.</summary>
    /// <exception cref="HubException">It is neither https nor on this machine.</exception>
    internal Uri Endpoint()
    {
        string text = Value("HF_ENDPOINT") ?? DefaultEndpoint;
        bool understood = Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? endpoint)
            && endpoint is { UserInfo: "", Query: "", Fragment: "" }
            && HubAddress.IsAllowed(endpoint, fromLoopback: true);
        return understood ? endpoint! : throw new HubException(
            $"HF_ENDPOINT: {Message.Quote(text)} is not an https address (http is taken on this machine only)");
    }

    /// <summary>The access token and where it was found.</summary>
    /// <exception cref="HubException">It has characters that no token has, or its file cannot be read.</exception>
    internal (string? Token, string? Source) Token()
    {
        (string? text, string source) = (Value("HF_TOKEN"), "HF_TOKEN");
        if (text is null)
        {
            source = PathIn("HF_TOKEN_PATH") ?? Path.Join(HomeDirectory(), "token");
            text = File.Exists(source) ? FileAccessGuard.Reading(source, () => File.ReadAllText(source)) : null;
        }

        string? token = text?.Trim();
        return string.IsNullOrEmpty(token) ? (null, null)
            : token.All(c => c is > ' ' and <= '~') ? (token, source)
            : throw new HubException(
                $"{source}: holds something that is no access token; expected letters, digits and underscores on one line");
    }

    /// <summary>Whether the network may not be used.</summary>
    internal bool IsOffline() => True.Contains(Value("HF_HUB_OFFLINE")?.ToUpperInvariant());

    private string HomeDirectory() =>
        PathIn("HF_HOME") ?? Path.Join(PathIn("XDG_CACHE_HOME") ?? Path.Join(UserDirectory(), ".cache"), "huggingface");

    private string? PathIn(string name) => Value(name) switch
    {
        null => null,
        "~" => UserDirectory(),
        ['~', '/', .. var rest] => Path.Join(UserDirectory(), rest),
        var path => path,
    };

    private string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

    private static string UserDirectory() => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
}
