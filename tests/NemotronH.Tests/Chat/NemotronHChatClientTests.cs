using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using NemotronH.Chat;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Modules;
using NemotronH.Text;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Chat;

public sealed class NemotronHChatClientTests(TinyChat tiny) : IClassFixture<TinyChat>
{
    private static readonly ChatMessage[] Question = [new(ChatRole.System, "Speak as they did."), new(ChatRole.User, "JULIET:\nMust thou be gone so soon?")];

    private NemotronHChatClient Client => tiny.Client;

    [Fact]
    public async Task An_answer_is_what_the_model_says_to_the_rendered_conversation()
    {
        ChatResponse response = await Client.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 40, Temperature = 0 });

        const string Prompt = "<|im_start|>system\nSpeak as they did.<|im_end|>\n<|im_start|>user\nJULIET:\nMust thou be gone so soon?<|im_end|>\n<|im_start|>assistant\n<think></think>";
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        string expected = string.Concat(model.Generate(Prompt, new GenerationOptions { MaxTokens = 40, Temperature = 0 }));
        Assert.Equal(expected.Trim(), response.Text.Trim());
        Assert.Equal(model.Encode(Prompt).Count, response.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task Streaming_gives_the_same_in_pieces_that_belong_together()
    {
        ChatOptions options = new() { MaxOutputTokens = 30, Seed = 5 };
        ChatResponse whole = await Client.GetResponseAsync(Question, options);
        List<ChatResponseUpdate> updates = await Client.GetStreamingResponseAsync(Question, options).ToListAsync();

        Assert.Equal(whole.Text, updates.ToChatResponse().Text);
        Assert.InRange(updates.Count, 10, 31);
        Assert.Single(updates.Select(update => (update.ResponseId, update.MessageId, update.ModelId, update.Role, update.CreatedAt)).Distinct());
        Assert.Equal(("tiny", ChatRole.Assistant), (updates[0].ModelId, updates[0].Role));
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
        Assert.Equal((30, 30 + whole.Usage!.InputTokenCount), (whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount));
    }

    [Fact]
    public async Task The_next_turn_finds_its_history_in_the_cache()
    {
        ChatOptions options = new() { MaxOutputTokens = 20, Seed = 1 };
        List<ChatMessage> history = [new(ChatRole.User, "ROMEO:\nWhat light through yonder window breaks?")];
        ChatResponse first = await Client.GetResponseAsync(history, options);
        history.AddRange(first.Messages);
        history.Add(new(ChatRole.User, "JULIET:\nWho is there?"));
        ChatResponse second = await Client.GetResponseAsync(history, options);
        Assert.InRange(second.Usage!.CachedInputTokenCount!.Value, first.Usage!.InputTokenCount!.Value - 12, second.Usage.InputTokenCount!.Value - 1);
    }

    [Fact]
    public async Task Ten_turns_prefill_little_more_than_what_is_new()
    {
        await using NemotronHChatClient client = await NemotronHChatClient.LoadAsync(Fixtures.TinyModel, TinyChat.EngineOptions);
        InferenceEngine engine = client.GetService<InferenceEngine>()!;
        Tokenizer tokenizer = client.GetService<Tokenizer>()!;
        List<ChatMessage> history = [new(ChatRole.System, "Speak as they did, in verse, and at length.")];
        int[] previous = [];
        int beyond = 0;
        for (int turn = 0; turn < 10; turn++)
        {
            history.Add(new(ChatRole.User, $"ROMEO:\nWhat light through yonder window breaks? It is the east, and this is turn {turn}."));
            int[] prompt = tokenizer.Encode(client.GetService<ChatTemplate>()!.Render(MessageWriter.Write(history, null), addGenerationPrompt: true), addSpecialTokens: false);
            beyond += prompt.Length - prompt.AsSpan().CommonPrefixLength(previous);
            previous = prompt;
            history.AddRange((await client.GetResponseAsync(history, new ChatOptions { MaxOutputTokens = 40, Seed = turn })).Messages);
        }

        Assert.InRange(engine.Statistics.PrefilledTokens, 1, (long)(1.2 * beyond));
    }

    [Fact]
    public async Task Thinking_comes_as_reasoning_or_not_at_all_and_is_counted()
    {
        ChatOptions options = new() { MaxOutputTokens = 25, Seed = 2, Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } };
        ChatResponse shown = await Client.GetResponseAsync(Question, options);
        Assert.NotEmpty(shown.Messages.Single().Contents.OfType<TextReasoningContent>());
        Assert.Equal("", shown.Text);
        Assert.InRange(shown.Usage!.ReasoningTokenCount!.Value, 20, 25);

        options.Reasoning.Output = ReasoningOutput.None;
        ChatResponse hidden = await Client.GetResponseAsync(Question, options);
        Assert.Empty(hidden.Messages.Single().Contents.OfType<TextReasoningContent>());
        Assert.Equal(shown.Usage.ReasoningTokenCount, hidden.Usage!.ReasoningTokenCount);

        options.AdditionalProperties = new() { ["force_nonempty_content"] = true };
        Assert.NotEqual("", (await Client.GetResponseAsync(Question, options)).Text);

        options.Reasoning.Effort = ReasoningEffort.None;
        Assert.Equal(0, (await Client.GetResponseAsync(Question, options)).Usage!.ReasoningTokenCount);
    }

    [Fact]
    public async Task A_response_format_gives_an_object_of_its_type()
    {
        ChatOptions options = new() { Temperature = 1.2f, Seed = 3, MaxOutputTokens = 400 };
        ChatResponse<Speech> response = await Client.GetResponseAsync<Speech>(Question, options);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.InRange(response.Result.Act, 1, 5);
    }

    [Fact]
    public async Task Plain_JSON_mode_gives_the_beginning_of_an_object_at_least()
    {
        ChatResponse response = await Client.GetResponseAsync(Question, new ChatOptions { ResponseFormat = ChatResponseFormat.Json, Seed = 3, MaxOutputTokens = 30 });
        Assert.StartsWith("{", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_tool_is_called_with_arguments_that_fit_and_its_result_goes_back_to_the_model()
    {
        List<(int, string, bool)> calls = [];
        AIFunction tool = AIFunctionFactory.Create(
            ([Description("which")] int act, Mood mood, bool loud = false) =>
            {
                calls.Add((act, mood.ToString(), loud));
                return $"act {act}";
            },
            "play");
        IChatClient client = Client.AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = new() { Tools = [tool], ToolMode = ChatToolMode.RequireSpecific("play"), Seed = 4, MaxOutputTokens = 120 };
        ChatResponse response = await client.GetResponseAsync(Question, options);

        Assert.Single(calls);
        Assert.Contains(calls[0].Item2, Enum.GetNames<Mood>());
        Assert.Equal(ChatRole.Tool, response.Messages[1].Role);
        Assert.Equal($"act {calls[0].Item1}", response.Messages[1].Contents.OfType<FunctionResultContent>().Single().Result?.ToString());
        Assert.Equal(3, response.Messages.Count);
    }

    [Fact]
    public async Task A_tool_call_comes_whole_and_is_the_reason_to_end()
    {
        AIFunction tool = AIFunctionFactory.Create((int act) => act, "play");
        List<ChatResponseUpdate> updates = await Client.GetStreamingResponseAsync(
            Question, new ChatOptions { Tools = [tool], ToolMode = ChatToolMode.RequireAny, Seed = 4, MaxOutputTokens = 200 }).ToListAsync();
        FunctionCallContent call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("play", "act"), (call.Name, call.Arguments!.Single().Key));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
    }

    [Fact]
    public async Task With_tools_an_answer_in_the_response_format_is_still_possible()
    {
        AIFunction tool = AIFunctionFactory.Create((int act) => act, "play");
        ChatOptions options = new() { Tools = [tool], Seed = 3, Temperature = 1.2f, MaxOutputTokens = 400 };
        ChatResponse<Speech> response = await Client.GetResponseAsync<Speech>(Question, options);
        Assert.True(response.FinishReason == ChatFinishReason.ToolCalls || response.Result is not null);
    }

    [Fact]
    public async Task Stop_sequences_end_the_answer_before_them()
    {
        ChatOptions options = new() { MaxOutputTokens = 60, Seed = 6 };
        string text = (await Client.GetResponseAsync(Question, options)).Text;
        string stop = text.Substring(10, 4);
        options.StopSequences = [stop];
        ChatResponse stopped = await Client.GetResponseAsync(Question, options);
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)].TrimEnd(), stopped.Text.TrimEnd());
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public async Task Cancellation_ends_the_answer_and_frees_its_place()
    {
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in Client.GetStreamingResponseAsync(Question, new ChatOptions(), source.Token))
            {
                await source.CancelAsync();
            }
        });
        Assert.Equal((0, 0), (tiny.Engine.Statistics.Running, tiny.Engine.Statistics.Waiting));
    }

    [Fact]
    public void Services_are_found_by_their_types()
    {
        Assert.Same(Client, Client.GetService<IChatClient>());
        Assert.Equal(("nemotronh", "tiny"), (Client.GetService<ChatClientMetadata>()!.ProviderName, Client.GetService<ChatClientMetadata>()!.DefaultModelId));
        Assert.NotNull(Client.GetService<InferenceEngine>());
        Assert.NotNull(Client.GetService<ChatTemplate>());
        Assert.NotNull(Client.GetService<Tokenizer>());
        Assert.Null(Client.GetService<IChatClient>("key"));
        Assert.Null(Client.GetService<string>());
    }

    [Fact]
    public async Task The_standard_telemetry_names_provider_model_and_usage()
    {
        List<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "chat-test",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        IChatClient client = Client.AsBuilder().UseOpenTelemetry(sourceName: "chat-test").Build();
        await client.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 5 });
        Activity activity = Assert.Single(activities);
        Assert.Equal("chat tiny", activity.DisplayName);
        Assert.Equal("nemotronh", activity.GetTagItem("gen_ai.provider.name"));
        Assert.Equal("tiny", activity.GetTagItem("gen_ai.response.model"));
        Assert.Equal("5", activity.GetTagItem("gen_ai.usage.output_tokens")?.ToString());
    }

    [Fact]
    public async Task A_checkpoint_without_a_template_is_refused_before_it_is_loaded()
    {
        string directory = Fixtures.Directory("hf", "dense");
        TemplateException exception = await Assert.ThrowsAsync<TemplateException>(() => NemotronHChatClient.LoadAsync(directory));
        Assert.Contains("chat_template", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_no_models_is_called_that_before_a_template_is_missed()
    {
        using TemporaryDirectory directory = new();
        ConfigurationException exception = await Assert.ThrowsAsync<ConfigurationException>(() => NemotronHChatClient.LoadAsync(directory.Path));
        Assert.Equal($"{directory.Path}: has neither config.json nor a chat template; expected a model's directory", exception.Message);
    }

    private sealed record Speech(Mood Mood, [property: System.ComponentModel.DataAnnotations.Range(1, 5)] int Act, bool IsVerse);

    private enum Mood
    {
        Merry,
        Grave,
    }
}
