using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Tests.Support;
using TorchSharp;

namespace NemotronH.Server.Tests;

/// <summary>64 clients at once: every answer comes, and is what the same request gives alone.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const string Path = "/v1/chat/completions";
    private const int Clients = 64;

    /// <summary>Where the two best log-probabilities are closer than this, rounding may choose either.</summary>
    private const float NearTie = 1e-4f;

    [Fact]
    public Task Sixty_four_clients_get_their_own_answers() => SoakAsync(TimeSpan.FromSeconds(15), checksMemory: false);

    [Fact]
    [Trait("Category", "Long")]
    public Task Sixty_four_clients_get_their_own_answers_for_two_minutes() => SoakAsync(TimeSpan.FromMinutes(2), checksMemory: true);

    private async Task SoakAsync(TimeSpan duration, bool checksMemory)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Case[] cases = [.. Enumerable.Range(0, 24).Select(Case.Make)];
        foreach (Case one in cases)
        {
            one.Expected = Tokens(await server.PostAsync(Path, one.Body(top: 2)));
        }

        long tensors = torch.Tensor.TotalCount;
        var firsts = new ConcurrentBag<double>();
        var clock = Stopwatch.StartNew();
        int nearTies = 0;
        int answers = 0;
        Task soak = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(client);
            while (clock.Elapsed < duration)
            {
                Case one = cases[random.Next(cases.Length)];
                Interlocked.Add(ref nearTies, one.AssertSame(await AskAsync(server, one, random.Next(2) == 0, firsts)));
                Interlocked.Increment(ref answers);
            }
        })));
        (double warm, double late) = await WatchMemoryAsync(clock, duration);
        await soak;

        Assert.Equal(0, server.Engine.Statistics.FailedRequests);
        Assert.Equal(0, server.Engine.Statistics.CancelledRequests);
        Assert.Equal(cases.Length + answers, server.Engine.Statistics.FinishedRequests);
        Assert.True(answers >= Clients);
        double[] sorted = [.. firsts.Order()];
        output.WriteLine(
            $"{answers} answers in {clock.Elapsed.TotalSeconds:0} s, {nearTies} near-ties; first tokens of {sorted.Length} streams after "
            + $"{sorted[sorted.Length / 2]:0} ms in the median, {sorted[(int)(sorted.Length * 0.99)]:0} ms p99; "
            + $"working set {warm / (1 << 20):0.0} MiB in the second third, {late / (1 << 20):0.0} MiB in the last; "
            + $"{tensors} tensors before, {torch.Tensor.TotalCount} after");
        if (checksMemory)
        {
            Assert.InRange(late, 0.95 * warm, 1.05 * warm);
        }
    }

    /// <summary>The process, clients included, under load all the while: the first third warms up.</summary>
    /// <returns>The medians of the working set in the second third and in the last.</returns>
    private static async Task<(double Warm, double Late)> WatchMemoryAsync(Stopwatch clock, TimeSpan duration)
    {
        await Task.Delay(duration / 3, TestContext.Current.CancellationToken);
        double warm = await MedianAsync(2 * duration / 3);
        return (warm, await MedianAsync(duration));

        async Task<double> MedianAsync(TimeSpan end)
        {
            var samples = new List<long>();
            do
            {
                samples.Add(Environment.WorkingSet);
                await Task.Delay(250, TestContext.Current.CancellationToken);
            }
            while (clock.Elapsed < end);

            samples.Sort();
            return samples[samples.Count / 2];
        }
    }

    private static async Task<List<Token>> AskAsync(RunningServer server, Case one, bool streamed, ConcurrentBag<double> firsts)
    {
        var clock = Stopwatch.StartNew();
        JsonObject body = one.Body(top: 0);
        if (!streamed)
        {
            JsonElement answer = await server.PostAsync(Path, body);
            return Tokens(answer);
        }

        body["stream"] = true;
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var tokens = new List<Token>();
        string last = "";
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains("\"logprobs\"", StringComparison.Ordinal))
            {
                if (tokens.Count == 0)
                {
                    firsts.Add(clock.Elapsed.TotalMilliseconds);
                }

                tokens.AddRange(Tokens(JsonElement.Parse(line["data: ".Length..])));
            }

            last = line.Length > 0 ? line : last;
        }

        Assert.Equal("data: [DONE]", last);
        return tokens;
    }

    private static List<Token> Tokens(JsonElement completion) => [.. completion.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content")
        .EnumerateArray().Select(Token.Read)];

    private sealed record Token(string Bytes, float Margin)
    {
        public static Token Read(JsonElement token)
        {
            float[] top = [.. token.GetProperty("top_logprobs").EnumerateArray().Select(other => other.GetProperty("logprob").GetSingle())];
            return new Token(token.GetProperty("bytes").GetRawText(), top.Length < 2 ? 0 : top[0] - top[1]);
        }
    }

    private sealed record Case(string Prompt, int Count)
    {
        public List<Token> Expected { get; set; } = [];

        public static Case Make(int index)
        {
            string[] speakers = ["KING HENRY", "QUEEN", "First Servant", "ROMEO", "Nurse", "HASTINGS"];
            string[] speeches = ["What news from the north?", "Speak, my lord.", "Once more unto the breach, dear friends, once more!", "Who is there?"];
            return new Case($"{speakers[index % 6]}: {speeches[index / 6 % 4]}", 6 + (index * 7 % 23));
        }

        public JsonObject Body(int top) => Bodies.Chat(Prompt, Count, $""","logprobs":true,"top_logprobs":{top}""");

        /// <summary>Requires the tokens of the answer alone, up to a near-tie if there is one.</summary>
        /// <returns>How many near-ties went the other way: 0 or 1.</returns>
        public int AssertSame(List<Token> actual)
        {
            Assert.Equal(Count, actual.Count);
            int differing = actual.Zip(Expected).TakeWhile(pair => pair.First.Bytes == pair.Second.Bytes).Count();
            if (differing == Count)
            {
                return 0;
            }

            Assert.True(Expected[differing].Margin < NearTie, $"token {differing} of the answer to '{Prompt}' differs at a margin of {Expected[differing].Margin}");
            return 1;
        }
    }
}
