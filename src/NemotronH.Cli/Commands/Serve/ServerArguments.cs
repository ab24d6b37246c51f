using System.CommandLine;
using System.Net;
using NemotronH.Cli.Options;
using NemotronH.Server;

namespace NemotronH.Cli.Commands.Serve;

/// <summary>The options that say where the server listens, who may ask it, and how much.</summary>
internal sealed class ServerArguments
{
    /// <summary>Keys, with commas between them, that need not stand on a command line, which everybody on the machine can read.</summary>
    internal const string KeysVariable = "NEMOTRONH_API_KEYS";

    private const int DefaultPort = 8000;

    private static readonly ServerOptions Defaults = new();

    private readonly Option<IPAddress?> _host = ValueOption.Parsed(
        "--host",
        "ADDRESS",
        "The address to listen on; 0.0.0.0 or :: answers other machines. [default: 127.0.0.1]",
        "an IP address or localhost",
        ReadAddress);

    private readonly Option<int?> _port = ValueOption.Integer(
        "--port", "N", $"The port; 0 takes a free one. [default: {DefaultPort}]", atLeast: 0);

    private readonly Option<string?> _name = ValueOption.Text(
        "--served-model-name", "NAME", "What clients call the model. [default: as --model does]");

    private readonly Option<string[]> _keys = Many(
        "--api-key",
        "KEY",
        "A key that clients must send; may be given more than once. Others on this machine see it: prefer --api-key-file or "
            + $"{KeysVariable}.");

    private readonly Option<string?> _keyFile = ValueOption.Text("--api-key-file", "FILE", "A file with a key on each line.");

    private readonly Option<string[]> _hosts = Many(
        "--allowed-host",
        "NAME",
        "A name under which clients know the server, '*.example.org' for all of a domain, '*' for any. "
            + "[default: localhost and --host]");

    private readonly Option<string[]> _origins = Many(
        "--allowed-origin", "ORIGIN", "A page of another origin that may ask, such as https://chat.example.org. [default: none]");

    private readonly Option<bool> _openMetrics = ValueOption.Flag("--open-metrics", "Let /metrics be read without a key.");

    private readonly Option<int?> _maxTokens = ValueOption.Integer(
        "--max-answer-tokens", "N", "Most tokens of an answer. [default: as many as the context holds]", atLeast: 1);

    private readonly Option<long?> _maxRequest = ValueOption.Parsed(
        "--max-request-size",
        "SIZE",
        "Largest request; larger ones are refused with 413. [default: 4MiB]",
        "a size; expected a number of bytes or one such as 500KB or 4MiB",
        ByteSize.Parse);

    private readonly Option<double?> _drain = ValueOption.Number(
        "--drain-seconds",
        "S",
        $"How long running answers may go on when the server is told to stop. [default: {Defaults.DrainLimit.TotalSeconds}]",
        "a number of seconds from 0 to 86400",
        value => value is >= 0 and <= 86400);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [_host, _port, _name, _keys, _keyFile, _hosts, _origins, _openMetrics, _maxTokens, _maxRequest, _drain];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>What a command line asks for.</summary>
    /// <exception cref="NemotronHException">The file of keys cannot be read or has none, or there is no such port.</exception>
    public ServerOptions Read(ParseResult parse)
    {
        IPAddress host = parse.GetValue(_host) ?? IPAddress.Loopback;
        int port = parse.GetValue(_port) ?? DefaultPort;
        var address = new IPEndPoint(host, port <= IPEndPoint.MaxPort ? port : throw new NemotronHException(
            $"--port: {port} is no port; expected 0 to {IPEndPoint.MaxPort}"));
        return Defaults with
        {
            Url = $"http://{address}",
            ModelName = parse.GetValue(_name),
            ApiKeys = ReadKeys(parse),
            AllowedHosts = parse.GetValue(_hosts) is { Length: > 0 } hosts
                ? [.. Defaults.AllowedHosts, .. hosts]
                : [.. Defaults.AllowedHosts, NameOf(host)],
            AllowedOrigins = parse.GetValue(_origins) ?? [],
            OpenMetrics = parse.GetValue(_openMetrics),
            MaxTokens = parse.GetValue(_maxTokens),
            MaxRequestBytes = parse.GetValue(_maxRequest) ?? Defaults.MaxRequestBytes,
            DrainLimit = parse.GetValue(_drain) is { } seconds ? TimeSpan.FromSeconds(seconds) : Defaults.DrainLimit,
        };
    }

    private string[] ReadKeys(ParseResult parse)
    {
        string[] ofFile = parse.GetValue(_keyFile) is { } file ? ReadKeyFile(file) : [];
        string[] ofEnvironment = Environment.GetEnvironmentVariable(KeysVariable) is { } keys ? SplitKeys(keys) : [];
        return [.. parse.GetValue(_keys) ?? [], .. ofFile, .. ofEnvironment];
    }

    /// <summary>An empty secret must not open the server to everybody.</summary>
    internal static string[] SplitKeys(string keys) =>
        keys.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } split
            ? split
            : throw new NemotronHException($"{KeysVariable}: has no keys; expected them with commas between them, or no such variable");

    private static string[] ReadKeyFile(string file)
    {
        try
        {
            string[] keys = [.. File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return keys.Length > 0 ? keys : throw new NemotronHException($"{file}: has no keys; expected one on each line");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NemotronHException($"{file}: cannot be read: {failure.Message}", failure);
        }
    }

    private static IPAddress? ReadAddress(string text) =>
        text == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(text, out IPAddress? address) ? address : null;

    private static string NameOf(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";

    private static Option<string[]> Many(string name, string valueName, string description) => new(name)
    {
        Description = description,
        HelpName = valueName,
        Arity = ArgumentArity.OneOrMore,
    };
}
