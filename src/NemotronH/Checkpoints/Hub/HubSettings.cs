namespace NemotronH.Checkpoints.Hub;

/// <summary>Where models come from and where they are kept: what the environment variables of Hugging Face's own tools say.</summary>
public sealed record HubSettings
{
    /// <summary>The Hub, without a slash at its end: https, or http on this machine.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The models that are here.</summary>
    public required HubCache Cache { get; init; }

    /// <summary>The access token, sent to <see cref="Endpoint"/> alone; <see langword="null"/> for none.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token comes from, for messages: <c>HF_TOKEN</c> or a file.</summary>
    public string? TokenSource { get; init; }

    /// <summary>Whether the network may not be used.</summary>
    public bool IsOffline { get; init; }

    /// <summary>
    /// Reads <c>HF_ENDPOINT</c>, <c>HF_TOKEN</c>, <c>HF_TOKEN_PATH</c>, <c>HF_HUB_OFFLINE</c> and the variables of
    /// <see cref="HubCache.FromEnvironment"/>.
    /// </summary>
    /// <param name="variable">The value of a variable; <see langword="null"/> for the process's own.</param>
    /// <exception cref="HubException">The endpoint is no https address, or the token is none.</exception>
    public static HubSettings FromEnvironment(Func<string, string?>? variable = null)
    {
        var environment = new HubEnvironment(variable ?? Environment.GetEnvironmentVariable);
        (string? token, string? source) = environment.Token();
        return new HubSettings
        {
            Endpoint = environment.Endpoint(),
            Cache = new HubCache(environment.CacheDirectory()),
            Token = token,
            TokenSource = source,
            IsOffline = environment.IsOffline(),
        };
    }

    /// <summary>Where from and where to; never the token itself.</summary>
    public override string ToString() => $"{Endpoint} -> {Cache.Directory}{(Token is null ? "" : $", token from {TokenSource}")}";
}
