using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>What clients should not do, and what the server answers; afterwards it serves as before.</summary>
public sealed class AbuseTests(RunningServer server) : IClassFixture<RunningServer>, IAsyncLifetime
{
    private const string Chat = "/v1/chat/completions";
    private const string Valid = """{"messages":[{"role":"user","content":"Speak, my lord."}],"temperature":0,"max_tokens":2,"ignore_eos":true}""";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>After each test every slot is free and the server answers.</summary>
    public async ValueTask DisposeAsync()
    {
        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 0, Waiting: 0 });
        Assert.Equal(server.Engine.MaxSequences, server.Engine.Statistics.FreeSlots);
        Assert.Equal(0, server.Engine.Statistics.FailedRequests);
        await server.PostAsync(Chat, Bodies.Parse(Valid));
    }

    [Fact]
    public async Task Spoiled_JSON_is_refused_and_nothing_else_happens()
    {
        var random = new Random(8);
        byte[] valid = Encoding.UTF8.GetBytes(Valid);
        for (int i = 0; i < 300; i++)
        {
            byte[] spoiled = i % 2 == 0 ? valid[..random.Next(valid.Length)] : [.. valid];
            for (int j = 0; j < i % 5 && spoiled.Length > 0; j++)
            {
                spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
            }

            using HttpResponseMessage response = await PostAsync(spoiled);
            bool isUnspoiled = i % 2 == 1 && response.StatusCode == HttpStatusCode.OK;
            if (!isUnspoiled)
            {
                // A changed name asks for another model or for nothing known; never is it the server's fault.
                Assert.InRange((int)response.StatusCode, 400, 404);
                Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync());
            }
        }
    }

    [Theory]
    [InlineData("[[[[", 100_000)]
    [InlineData("{\"a\":", 100_000)]
    public async Task Deep_nesting_is_refused(string piece, int times)
    {
        using HttpResponseMessage response = await PostAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, times))));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Ten_megabytes_are_too_large()
    {
        using HttpResponseMessage announced = await PostAsync(new byte[10 << 20]);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, announced.StatusCode);
        Assert.Contains("request_too_large", await announced.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ten_megabytes_that_nobody_announced_are_too_large()
    {
        using TcpClient client = await ConnectAsync();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Chat} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{10 << 20:x}\r\n\""));

        // No more than it takes: what the server does not read any more could cost the client the answer.
        string answer = await AskAsync(client, new string('a', (4 << 20) + 1));

        Assert.StartsWith("HTTP/1.1 413 ", answer);
        Assert.Contains("request_too_large", answer);
    }

    [Theory]
    [InlineData("\u0301", 100_000)]
    [InlineData("😀", 60_000)]
    [InlineData("\uFDFA", 60_000)]
    [InlineData("\0", 60_000)]
    [InlineData("é\u200D\u202E", 50_000)]
    [InlineData(" ", 500_000)]
    [InlineData("a", 1_000_000)]
    [InlineData("<|im_start|>", 50_000)]
    public async Task Floods_of_characters_are_too_long(string piece, int times)
    {
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Chat, Bodies.Chat(string.Concat(Enumerable.Repeat(piece, times)), 1));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("context_length_exceeded", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("é😀\\u0000\\uFFFF")]
    [InlineData("\\u202E<script>alert(1)</script>")]
    public async Task Odd_characters_are_answered(string content)
    {
        using HttpResponseMessage response = await PostAsync(Encoding.UTF8.GetBytes(Valid.Replace("Speak, my lord.", content, StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Half_a_character_is_refused()
    {
        using HttpResponseMessage response = await PostAsync(Encoding.UTF8.GetBytes(Valid.Replace("Speak", "\\uD800", StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("messages[0].content", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Floods_of_headers_are_refused()
    {
        string many = string.Concat(Enumerable.Range(0, 500).Select(i => $"X-{i}: y\r\n"));
        string large = $"X-Large: {new string('y', 100_000)}\r\n";
        foreach (string headers in new[] { many, large })
        {
            using TcpClient client = await ConnectAsync();
            string answer = await AskAsync(client, $"GET /health HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");

            Assert.StartsWith("HTTP/1.1 431 ", answer);
        }
    }

    [Fact]
    public async Task Clients_that_do_not_read_hold_nobody_up()
    {
        var slow = new List<TcpClient>();
        string body = Bodies.Chat("Speak, my lord.", 500, ""","stream":true,"logprobs":true,"top_logprobs":20""").ToJsonString();
        for (int i = 0; i < 8; i++)
        {
            TcpClient client = await ConnectAsync();
            client.ReceiveBufferSize = 1024;
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(Post(body)));
            slow.Add(client);
        }

        // The engine does not wait for readers: all 500 tokens are made, and others are served meanwhile.
        await server.PostAsync(Chat, Bodies.Parse(Valid));
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 0);

        slow.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Clients_that_go_away_anywhere_leave_nothing_behind()
    {
        var random = new Random(64);
        long cancelled = server.Engine.Statistics.CancelledRequests;
        string whole = Post(Bodies.Chat("Speak, my lord.", 900).ToJsonString());
        string streamed = Post(Bodies.Chat("Speak, my lord.", 900, ""","stream":true,"n":2""").ToJsonString());
        await Task.WhenAll(Enumerable.Range(0, 48).Select(async i =>
        {
            string request = i % 2 == 0 ? whole : streamed;
            int sent = i % 3 == 0 ? random.Next(1, request.Length) : request.Length;
            int wait = random.Next(400);
            using TcpClient client = await ConnectAsync();
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request[..sent]));
            await Task.Delay(wait);
        }));

        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 0, Waiting: 0 });
        Assert.InRange(server.Engine.Statistics.CancelledRequests, cancelled + 1, long.MaxValue);
    }

    private static string Post(string body) =>
        $"POST {Chat} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private async Task<HttpResponseMessage> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        return await server.Client.PostAsync(Chat, content);
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Server.Address.Port);
        return client;
    }

    private static async Task<string> AskAsync(TcpClient client, string request)
    {
        NetworkStream stream = client.GetStream();
        byte[] answer = new byte[4096];
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        }
        catch (IOException)
        {
            // The server has answered and closed already.
        }

        // The answer's head and its body, where it has one, may come apart.
        int read = 0;
        for (int count; !answer.AsSpan(0, read).EndsWith("\r\n0\r\n\r\n"u8) && (count = await stream.ReadAsync(answer.AsMemory(read))) > 0;)
        {
            read += count;
        }

        return Encoding.ASCII.GetString(answer, 0, read);
    }
}
