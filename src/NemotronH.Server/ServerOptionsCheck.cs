using Microsoft.AspNetCore.Http;
using NemotronH.Server.Security;

namespace NemotronH.Server;

/// <summary>Refuses options that are out of their range, or that would allow nothing without a word.</summary>
internal static class ServerOptionsCheck
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromDays(1);

    /// <summary>Checks what can be checked before anything is loaded.</summary>
    /// <exception cref="NemotronHException">An option is not what it should be; the message names it.</exception>
    internal static void Verify(ServerOptions options)
    {
        _ = new ApiKeyRing(options.ApiKeys);
        RequirePositive(options.MaxTokens, "the number of tokens of an answer");
        RequirePositive(options.MaxRequestBytes, "the size of a request");
        RequirePositive(options.MaxHeaderBytes, "the size of headers");
        RequirePositive(options.MaxConnections, "the number of connections");
        RequirePositive(options.MaxChoices, "the number of answers");
        Require(options.ModelName is not "", "the model's name is empty");
        Require(
            options.DrainLimit >= TimeSpan.Zero && options.DrainLimit <= LongestDrain,
            $"the drain limit is {options.DrainLimit}; expected 0 to {LongestDrain}");
        Require(options.RetryAfter >= TimeSpan.Zero, $"the time to wait before asking again is {options.RetryAfter}; expected 0 or more");
        RequireEach(options.AllowedHosts, IsHost, "host", "a name or an address without scheme and port");
        RequireEach(options.AllowedOrigins, IsOrigin, "origin", "scheme and host, as in 'https://chat.example.org', and nothing behind them");
    }

    /// <summary>As the Host header has it, without port: an IPv6 address in brackets, a name, or all names of a domain.</summary>
    private static bool IsHost(string host)
    {
        string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host.Trim('[', ']');
        return host == HostCheck.Anything || (new HostString(host).Host == host && Uri.CheckHostName(name) != UriHostNameType.Unknown);
    }

    /// <summary>As the Origin header has it.</summary>
    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? page)
        && page.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase);

    private static void RequireEach(IReadOnlyList<string> values, Func<string, bool> isRight, string what, string expected)
    {
        string? wrong = values.FirstOrDefault(value => !isRight(value));
        Require(wrong is null, $"the allowed {what} '{wrong}' is none; expected {expected}");
    }

    private static void RequirePositive(long? value, string name) => Require(value is null or > 0, $"{name} is {value}; expected more than 0");

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new NemotronHException(problem);
        }
    }
}
