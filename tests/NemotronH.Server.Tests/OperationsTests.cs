using System.ClientModel;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Generation;
using NemotronH.Server.Errors;
using NemotronH.Server.Tests.Support;
using OpenAI.Models;

namespace NemotronH.Server.Tests;

public sealed class OperationsTests
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Full_queue_refuses_with_429_and_says_when_to_come_again()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            engineOptions: RunningServer.EndlessEngine with { MaxSequences = 1, QueueLimit = 1 });
        using var patience = new CancellationTokenSource();
        Task[] busy = [.. Enumerable.Range(0, 2).Select(_ => server.Client.PostAsJsonAsync(Path, Bodies.Endless(), patience.Token))];
        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 1, Waiting: 1 });

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));

        ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.TooManyRequests);
        Assert.Equal(("rate_limit_error", "queue_full"), (error.Type, error.Code));
        Assert.Equal(TimeSpan.FromSeconds(2), response.Headers.RetryAfter?.Delta);
        await patience.CancelAsync();
        await Task.WhenAll(busy).ContinueWith(_ => { }, TaskScheduler.Default);
        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 0, Waiting: 0 });
    }

    [Fact]
    public async Task Client_that_goes_away_frees_its_slot()
    {
        await using RunningServer server = await RunningServer.StartAsync(engineOptions: RunningServer.EndlessEngine);
        using (var request = new HttpRequestMessage(HttpMethod.Post, Path))
        {
            request.Content = JsonContent.Create(Bodies.Endless(""","stream":true"""));
            using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[300]);
        }

        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 0, CancelledRequests: 1 });
        const string aborted = "nemotronh:request_success_total{model_name=\"tiny\",finished_reason=\"abort\"} 1";
        await Waiting.UntilAsync(async () => (await server.Client.GetStringAsync("/metrics")).Contains(aborted));
    }

    [Fact]
    public async Task Client_that_goes_away_before_its_answer_is_counted_as_such()
    {
        await using RunningServer server = await RunningServer.StartAsync(engineOptions: RunningServer.EndlessEngine);
        using var patience = new CancellationTokenSource();
        Task<HttpResponseMessage> asking = server.Client.PostAsJsonAsync(Path, Bodies.Endless(), patience.Token);
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 1);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        const string left = "nemotronh:http_requests_total{model_name=\"tiny\",status=\"499\"} 1";
        await Waiting.UntilAsync(async () => (await server.Client.GetStringAsync("/metrics")).Contains(left));
    }

    [Fact]
    public async Task More_answers_than_there_are_places_are_refused_whole()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            engineOptions: RunningServer.EndlessEngine with { MaxSequences = 2, QueueLimit = 1 });
        using HttpResponseMessage never = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1, ""","n":4"""));
        await using (await HoldAsync(server))
        {
            using HttpResponseMessage later = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1, ""","n":3"""));

            Assert.Equal("queue_full", (await GuardedServer.ReadErrorAsync(later, HttpStatusCode.TooManyRequests)).Code);
        }

        ApiError error = await GuardedServer.ReadErrorAsync(never, HttpStatusCode.BadRequest);
        Assert.Equal(("n", "the request asks for 4 answers; expected at most 3"), (error.Param, error.Message));
        await Waiting.UntilAsync(() => server.Engine.Statistics is { Running: 0, Waiting: 0 });
        Assert.Equal(1, server.Engine.Statistics.FinishedRequests);
        Assert.Equal(3, (await server.PostAsync(Path, Bodies.Chat("Speak.", 1, ""","n":3"""))).GetProperty("choices").GetArrayLength());
    }

    [Fact]
    public async Task Stopping_finishes_what_runs_and_refuses_what_comes()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using HeldRequest running = await HeldRequest.OpenAsync(server, Path, Bodies.Chat("Speak.", 9));

        Task stopping = server.Server.StopAsync();
        await Waiting.UntilAsync(async () => !(await server.Client.GetAsync("/health/ready")).IsSuccessStatusCode);
        using HttpResponseMessage refused = await server.Client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));
        using HttpResponseMessage ready = await server.Client.GetAsync("/health/ready");
        using HttpResponseMessage live = await server.Client.GetAsync("/health/live");
        using HttpResponseMessage tokens = await server.Client.PostAsJsonAsync("/tokenize", Bodies.Parse("""{"prompt":"a"}"""));
        string answer = await running.FinishAsync();
        await stopping;

        ApiError error = await GuardedServer.ReadErrorAsync(refused, HttpStatusCode.ServiceUnavailable);
        Assert.Equal("shutting_down", error.Code);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, tokens.StatusCode);
        Assert.StartsWith("HTTP/1.1 200 OK", answer);
        Assert.Contains("\"completion_tokens\":9,", answer);
    }

    [Fact]
    public async Task Client_that_does_not_read_keeps_no_server_from_ending()
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { DrainLimit = TimeSpan.FromSeconds(1) });
        await using HeldRequest slow = await HeldRequest.OpenAsync(
            server, Path, Bodies.Chat("Speak.", 900, ""","stream":true,"logprobs":true,"top_logprobs":20"""));
        await slow.SendAsync();
        await Waiting.UntilAsync(() => server.Engine.Statistics is { FinishedRequests: 1, Running: 0 });

        await server.Server.StopAsync();

        using var other = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetAsync(new Uri(server.Server.Address, "/health")));
    }

    [Fact]
    public async Task End_of_the_engine_is_told()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.False(server.Engine.Completion.IsCompleted);

        await server.Engine.DisposeAsync();

        await server.Engine.Completion;
        Assert.False(server.Engine.HasFailed);
    }

    [Fact]
    public async Task Stopping_cuts_answers_off_at_the_limit()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { DrainLimit = TimeSpan.FromSeconds(0.1) }, RunningServer.EndlessEngine);
        Task<HttpResponseMessage> whole = server.Client.PostAsJsonAsync(Path, Bodies.Endless());
        Task<HttpResponseMessage> streamed = server.Client.PostAsJsonAsync(Path, Bodies.Endless(""","stream":true"""));
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 2);

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
        foreach (string path in new[] { "/v1/models", "/metrics", "/version", "/v1/models/tiny" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        foreach (string path in new[] { "/", "/chat.js", "/chat.css", "/openapi.json", "/health", "/health/live", "/health/ready" })
        {
            using HttpResponseMessage response = await server.Client.GetAsync(path);
            using HttpResponseMessage head = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (response.StatusCode, head.StatusCode));
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
        Assert.Equal(("max_tokens", "the request asks for 5 tokens; this server gives at most 4"), (error.Param, error.Message));
        JsonObject newer = Bodies.Parse("""{"messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":5}""");
        using HttpResponseMessage tooManyStill = await server.Client.PostAsJsonAsync(Path, newer);
        Assert.Equal("max_completion_tokens", (await GuardedServer.ReadErrorAsync(tooManyStill, HttpStatusCode.BadRequest)).Param);
        Assert.Contains("org/tiny-model", await server.Client.GetStringAsync("/v1/models/org/tiny-model"));
        var models = new OpenAIModelClient(new ApiKeyCredential("none"), server.ClientOptions);
        Assert.Equal("org/tiny-model", (await models.GetModelAsync("org/tiny-model")).Value.Id);
        Assert.Contains("org/tiny-model", await server.Client.GetStringAsync("/v1/models/org%2Ftiny-model"));
    }

    [Fact]
    public async Task Version_is_that_of_the_assembly()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        JsonElement version = JsonElement.Parse(await server.Client.GetStringAsync("/version"));

        Assert.Equal(typeof(ModelServer).Assembly.GetName().Version!.ToString(3), version.GetProperty("version").GetString()!.Split('-')[0]);
    }

    [Fact]
    public async Task Address_that_is_taken_is_one_clear_line()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        var exception = await Assert.ThrowsAsync<NemotronHException>(
            () => ModelServer.StartAsync(server.Engine, new ServerOptions { Url = server.Server.Address.ToString() }));

        Assert.StartsWith($"cannot listen on '{server.Server.Address}': ", exception.Message);
    }

    /// <summary>A request that runs until it is let go.</summary>
    private static async Task<IAsyncDisposable> HoldAsync(RunningServer server)
    {
        var options = new GenerationOptions { MaxTokens = RunningServer.EndlessTokens, IgnoreEos = true };
        EngineGeneration running = server.Engine.Submit(new EngineRequest { PromptIds = [1], Options = options });
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 1);
        return running;
    }
}
