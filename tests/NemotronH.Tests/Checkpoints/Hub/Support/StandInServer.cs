using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NemotronH.Tests.Checkpoints.Hub.Support;

/// <summary>A server on this machine that speaks just enough HTTP to lie in it.</summary>
internal sealed class StandInServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public StandInServer(Func<StandInRequest, StandInAnswer> answer)
    {
        Answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Called for each request, on any thread.</summary>
    public Func<StandInRequest, StandInAnswer> Answer { get; set; }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>All requests so far, in order.</summary>
    public ConcurrentQueue<StandInRequest> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                StandInRequest request = await ReadAsync(client.GetStream());
                Requests.Enqueue(request);
                await SendAsync(client, Answer(request));
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The other side has gone, or the test has ended.
            }
        }
    }

    private async Task SendAsync(TcpClient client, StandInAnswer answer)
    {
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(answer.Head(), _end.Token);
        int count = Math.Min(answer.Body.Length, answer.BreakAfter ?? answer.SilentAfter ?? int.MaxValue);
        await stream.WriteAsync(answer.Body.AsMemory(0, count), _end.Token);
        if (answer.SilentAfter is not null)
        {
            await Task.Delay(Timeout.Infinite, _end.Token);
        }

        client.Client.Shutdown(SocketShutdown.Send);
    }

    private async Task<StandInRequest> ReadAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string first = await reader.ReadLineAsync(_end.Token) ?? throw new IOException("no request");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } line)
        {
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        }

        return new StandInRequest(first.Split(' ')[1], headers);
    }
}
