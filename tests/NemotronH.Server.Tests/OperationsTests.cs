using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Errors;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

public sealed class OperationsTests
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Full_queue_refuses_with_429_and_says_when_to_come_again()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            engineOptions: RunningServer.DefaultEngine with { MaxSequences = 1, QueueLimit = 1 });
        using var patience = new CancellationTokenSource();
        Task[] busy = [.. Enumerable.Range(0, 2).Select(_ => server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 900), patience.Token))];
        await UntilAsync(() => server.Engine.Statistics is { Running: 1, Waiting: 1 });

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));

        ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.TooManyRequests);
        Assert.Equal(("rate_limit_error", "queue_full"), (error.Type, error.Code));
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        await patience.CancelAsync();
        await Task.WhenAll(busy).ContinueWith(_ => { }, TaskScheduler.Default);
        await UntilAsync(() => server.Engine.Statistics is { Running: 0, Waiting: 0 });
    }

    [Fact]
    public async Task Client_that_goes_away_frees_its_slot()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Post, Path))
        {
            request.Content = JsonContent.Create(Bodies.Chat("Speak.", 900, ""","stream":true"""));
            using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[300]);
        }

        await UntilAsync(() => server.Engine.Statistics is { Running: 0, CancelledRequests: 1 });
        const string aborted = "nemotronh:request_success_total{model_name=\"tiny\",finished_reason=\"abort\"} 1";
        while (!(await server.Client.GetStringAsync("/metrics")).Contains(aborted))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Stopping_finishes_what_runs_and_refuses_what_comes()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Task<HttpResponseMessage> running = server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 900));
        await UntilAsync(() => server.Engine.Statistics.Running == 1);

        Task stopping = server.Server.StopAsync();
        using HttpResponseMessage refused = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));
        using HttpResponseMessage ready = await server.Client.GetAsync("/health/ready");
        using HttpResponseMessage live = await server.Client.GetAsync("/health/live");
        using HttpResponseMessage answer = await running;
        await stopping;

        ApiError error = await GuardedServer.ReadErrorAsync(refused, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("shutting_down", error.Code);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(900, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["usage"]!["completion_tokens"]!.GetValue<int>());
    }

    [Fact]
    public async Task Stopping_cuts_answers_off_at_the_limit()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { DrainLimit = TimeSpan.FromSeconds(0.1) });
        Task<HttpResponseMessage> whole = server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1000));
        Task<HttpResponseMessage> streamed = server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1000, ""","stream":true"""));
        await UntilAsync(() => server.Engine.Statistics.Running == 2);

        await server.Server.StopAsync();

        using HttpResponseMessage cut = await whole;
        ApiError error = await GuardedServer.ReadErrorAsync(cut, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("shutting_down", error.Code);
        string events = await (await streamed).Content.ReadAsStringAsync();
        Assert.EndsWith("\"code\":\"shutting_down\"}}\n\n", events);
        Assert.DoesNotContain("[DONE]", events);
    }

    [Fact]
    public async Task Keys_guard_everything_but_health_and_page()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { ApiKeys = ["secret"] });
        foreach (string path in new[] { "/v1/models", "/metrics", "/v1/models/tiny" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        foreach (string path in new[] { "/", "/chat.js", "/chat.css", "/openapi.json", "/health", "/health/live", "/health/ready" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Metrics_have_vLLMs_names_and_Prometheus_form()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await server.PostAsync(Path, Bodies.Chat("Speak.", 5));
        using HttpResponseMessage wrong = await server.Client.PostAsJsonAsync(Path, Bodies.Parse("{}"));

        string text = await server.Client.GetStringAsync("/metrics");

        string[] lines = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        const string form = @"^(# (HELP|TYPE) nemotronh:[a-z_0-9]+ .+|nemotronh:[a-z_0-9]+\{model_name=""tiny""[^}]*\} \S+)$";
        Assert.All(lines, line => Assert.Matches(form, line));
        const string names = "num_requests_running num_requests_waiting kv_cache_usage_perc prefix_cache_queries_total prefix_cache_hits_total "
            + "prompt_tokens_total generation_tokens_total request_queue_time_seconds_count request_prefill_time_seconds_count "
            + "request_decode_time_seconds_count request_inference_time_seconds_count request_prompt_tokens_count";
        Assert.All(names.Split(' '), name => Assert.Contains($"nemotronh:{name}{{model_name=\"tiny\"}}", text));
        Assert.Contains("nemotronh:generation_tokens_total{model_name=\"tiny\"} 5\n", text);
        Assert.Contains("nemotronh:request_success_total{model_name=\"tiny\",finished_reason=\"length\"} 1\n", text);
        Assert.Contains("nemotronh:http_requests_total{model_name=\"tiny\",status=\"400\"} 1\n", text);
        Assert.Contains("nemotronh:time_to_first_token_seconds_count{model_name=\"tiny\"} 1\n", text);
        Assert.Contains("nemotronh:inter_token_latency_seconds_count{model_name=\"tiny\"} 4\n", text);
        Assert.Contains("nemotronh:e2e_request_latency_seconds_bucket{model_name=\"tiny\",le=\"+Inf\"} 1\n", text);
    }

    [Fact]
    public async Task Answers_are_no_longer_than_the_server_allows()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { MaxTokens = 4, ModelName = "org/tiny-model" });
        JsonObject open = Bodies.Parse("""{"messages":[{"role":"user","content":"Hi"}],"ignore_eos":true,"model":"org/tiny-model"}""");

        using HttpResponseMessage tooMany = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 5));

        Assert.Equal(4, (await server.PostAsync(Path, open)).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        ApiError error = await GuardedServer.ReadErrorAsync(tooMany, HttpStatusCode.BadRequest);
        Assert.Equal("the request asks for 5 tokens; this server gives at most 4", error.Message);
        Assert.Contains("org/tiny-model", await server.Client.GetStringAsync("/v1/models/org/tiny-model"));
    }

    [Fact]
    public async Task Address_that_is_taken_is_one_clear_line()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        var exception = await Assert.ThrowsAsync<NemotronHException>(
            () => ModelServer.StartAsync(server.Engine, new ServerOptions { Url = server.Server.Address.ToString() }));

        Assert.StartsWith($"cannot listen on '{server.Server.Address}': ", exception.Message);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "the state that is waited for never came");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
