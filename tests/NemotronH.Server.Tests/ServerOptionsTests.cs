namespace NemotronH.Server.Tests;

public sealed class ServerOptionsTests
{
    private static readonly ServerOptions Defaults = new();

    public static TheoryData<ServerOptions, string> Wrong => new()
    {
        { Defaults with { MaxTokens = 0 }, "the number of tokens of an answer is 0; expected more than 0" },
        { Defaults with { MaxConnections = -1 }, "the number of connections is -1; expected more than 0" },
        { Defaults with { ModelName = "" }, "the model's name is empty" },
        { Defaults with { DrainLimit = TimeSpan.FromSeconds(-5) }, "the drain limit is -00:00:05; expected 0 to 1.00:00:00" },
        { Defaults with { DrainLimit = TimeSpan.FromDays(50) }, "the drain limit is 50.00:00:00; expected 0 to 1.00:00:00" },
        { Defaults with { RetryAfter = TimeSpan.FromSeconds(-1) }, "the time to wait before asking again is -00:00:01; expected 0 or more" },
        { Defaults with { AllowedHosts = ["llm.example.org:8000"] }, "the allowed host 'llm.example.org:8000' is none; expected a name or an address without scheme and port" },
        { Defaults with { AllowedHosts = ["https://llm.example.org"] }, "the allowed host 'https://llm.example.org' is none; expected a name or an address without scheme and port" },
        { Defaults with { AllowedHosts = [""] }, "the allowed host '' is none; expected a name or an address without scheme and port" },
        { Defaults with { AllowedOrigins = ["https://chat.example/"] }, "the allowed origin 'https://chat.example/' is none; expected scheme and host, as in 'https://chat.example.org', and nothing behind them" },
        { Defaults with { AllowedOrigins = ["*"] }, "the allowed origin '*' is none; expected scheme and host, as in 'https://chat.example.org', and nothing behind them" },
        { Defaults with { AllowedOrigins = ["chat.example"] }, "the allowed origin 'chat.example' is none; expected scheme and host, as in 'https://chat.example.org', and nothing behind them" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_out_of_range_or_allows_nothing_is_refused(ServerOptions options, string expected) =>
        Assert.Equal(expected, Assert.Throws<NemotronHException>(options.Validate).Message);

    [Fact]
    public void Names_addresses_wildcards_and_ports_of_origins_are_taken()
    {
        (Defaults with
        {
            AllowedHosts = [.. Defaults.AllowedHosts, "*", "*.example.org", "llm", "10.0.0.1", "[fe80::1]"],
            AllowedOrigins = ["http://localhost:3000", "https://chat.example.org"],
            DrainLimit = TimeSpan.Zero,
        }).Validate();
    }
}
