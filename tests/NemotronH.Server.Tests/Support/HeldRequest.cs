using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace NemotronH.Server.Tests.Support;

/// <summary>A request that the server has let in and whose last byte is still to come: while it is held, the server cannot end by itself.</summary>
internal sealed class HeldRequest : IAsyncDisposable
{
    private readonly TcpClient _client = new() { ReceiveBufferSize = 1024 };
    private byte[] _body = [];

    public static async Task<HeldRequest> OpenAsync(RunningServer server, string path, JsonObject body)
    {
        var request = new HeldRequest { _body = Encoding.UTF8.GetBytes(body.ToJsonString()) };
        await request._client.ConnectAsync(IPAddress.Loopback, server.Server.Address.Port, TestContext.Current.CancellationToken);
        string head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {request._body.Length}\r\n\r\n";
        await request._client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);

        // The server asks for the body when it begins to read it, which it does for requests that it has let in.
        byte[] answer = new byte["HTTP/1.1 100 Continue\r\n\r\n".Length];
        await request._client.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 100 ", Encoding.ASCII.GetString(answer));
        return request;
    }

    /// <summary>Sends the body.</summary>
    public async Task SendAsync() => await _client.GetStream().WriteAsync(_body, TestContext.Current.CancellationToken);

    /// <summary>Sends the body and reads the answer.</summary>
    /// <returns>All of it.</returns>
    public async Task<string> FinishAsync()
    {
        await SendAsync();
        using var reader = new StreamReader(_client.GetStream(), leaveOpen: true);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
