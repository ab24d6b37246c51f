using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NemotronH.Cli.Tests.Support;

/// <summary>Takes what a program sends to an OpenTelemetry collector over HTTP.</summary>
internal sealed class StandInCollector : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, string Body)> _received = [];
    private readonly string _address;

    public StandInCollector()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
        free.Stop();
        _listener.Prefixes.Add(_address);
        _listener.Start();
        _ = ReceiveAsync();
    }

    /// <summary>The standard variables that name it.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    /// <summary>All that was sent to a path; texts within show as they are.</summary>
    public string Received(string path) => string.Concat(_received.Where(request => request.Path == path).Select(request => request.Body));

    public void Dispose() => _listener.Close();

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
                _received.Enqueue((context.Request.Url!.AbsolutePath, await reader.ReadToEndAsync()));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
