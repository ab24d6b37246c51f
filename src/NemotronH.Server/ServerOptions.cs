namespace NemotronH.Server;

/// <summary>Where the server listens, who may ask it, and how much.</summary>
public sealed record ServerOptions
{
    /// <summary>Keys of which a request must carry one (<c>Authorization: Bearer KEY</c>); with none, everybody may ask.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>
    /// Names under which the server is asked (the Host header, without port; <c>*.example.org</c> is all of a domain, <c>*</c> anything).
    /// The default lets no page of another name reach a server on this machine.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Origins of pages elsewhere that may ask, as in <c>https://chat.example.org</c>; by default none.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Whether <c>/metrics</c> needs no key.</summary>
    public bool OpenMetrics { get; init; }

    /// <summary>Where the server listens; port 0 takes a free one.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8000";

    /// <summary>Largest request, in bytes.</summary>
    public long MaxRequestBytes { get; init; } = 4 << 20;

    /// <summary>Most headers' bytes of a request.</summary>
    public int MaxHeaderBytes { get; init; } = 32 << 10;

    /// <summary>Most connections at once; <see langword="null"/> for no limit.</summary>
    public long? MaxConnections { get; init; } = 4096;

    /// <summary>Most answers to one request: <c>n</c> times the number of prompts.</summary>
    public int MaxChoices { get; init; } = 128;

    /// <summary>What clients call the model; <see langword="null"/> for the name of its directory.</summary>
    public string? ModelName { get; init; }

    /// <summary>Most tokens of an answer, and as many as one has that asks for no number; <see langword="null"/> for the context's end.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How long clients should wait before they ask a full queue again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a server that is told to stop goes on with answers that it has begun.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the log shows what is asked and answered; it may be private.</summary>
    public bool LogText { get; init; }

    /// <summary>Checks what can be checked before anything is loaded.</summary>
    /// <exception cref="NemotronHException">An option is not what it should be; the message names it.</exception>
    public void Validate() => ServerOptionsCheck.Verify(this);

    /// <summary>Shows everything but the keys.</summary>
    public override string ToString() =>
        $"hosts {string.Join(", ", AllowedHosts)}; origins {string.Join(", ", AllowedOrigins)}; "
        + $"{ApiKeys.Count} keys; {MaxRequestBytes} bytes a request";
}
