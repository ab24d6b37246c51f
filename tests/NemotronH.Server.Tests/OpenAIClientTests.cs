using System.ClientModel;
using System.Text;
using System.Text.Json;
using NemotronH.Server.Tests.Support;
using OpenAI.Chat;
using OpenAI.Models;

namespace NemotronH.Server.Tests;

/// <summary>OpenAI's own client, unmodified, against the server.</summary>
public sealed class OpenAIClientTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly ChatMessage[] Question = [new UserChatMessage("What news from the north, good cousin?")];

    [Fact]
    public async Task Stream_gives_the_text_and_usage_of_the_whole_answer()
    {
        ChatClient client = server.CreateChatClient();
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 24 };
        ChatCompletion whole = await client.CompleteChatAsync(Question, options);
        var text = new StringBuilder();
        ChatTokenUsage? usage = null;
        ChatFinishReason? reason = null;

        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync(Question, options))
        {
            text.Append(string.Concat(update.ContentUpdate.Select(part => part.Text)));
            usage = update.Usage ?? usage;
            reason = update.FinishReason ?? reason;
        }

        Assert.NotEmpty(whole.Content[0].Text);
        Assert.Equal(whole.Content[0].Text, text.ToString());
        Assert.Equal(whole.Usage.OutputTokenCount, usage?.OutputTokenCount);
        Assert.Equal(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
        Assert.Equal(whole.FinishReason, reason);
    }

    [Fact]
    public async Task Required_tool_is_called_with_arguments_of_its_schema()
    {
        ChatTool tool = ChatTool.CreateFunctionTool("send_troops", "Sends troops.", BinaryData.FromString("""
            {"type":"object","properties":{"place":{"type":"string","enum":["york","wales"]},"count":{"type":"integer","minimum":0,"maximum":99}},
             "required":["place","count"],"additionalProperties":false}
            """));
        var options = new ChatCompletionOptions
        {
            Temperature = 0,
            MaxOutputTokenCount = 200,
            Tools = { tool },
            ToolChoice = ChatToolChoice.CreateRequiredChoice(),
            AllowParallelToolCalls = false,
        };

        ChatCompletion completion = await server.CreateChatClient().CompleteChatAsync(Question, options);

        Assert.Equal(ChatFinishReason.ToolCalls, completion.FinishReason);
        ChatToolCall call = Assert.Single(completion.ToolCalls);
        Assert.Equal("send_troops", call.FunctionName);
        Assert.NotEmpty(call.Id);
        JsonElement arguments = JsonElement.Parse(call.FunctionArguments.ToString());
        Assert.Matches("^(york|wales)$", arguments.GetProperty("place").GetString());
        Assert.InRange(arguments.GetProperty("count").GetInt32(), 0, 99);
    }

    [Fact]
    public async Task Streamed_tool_call_comes_with_id_name_and_arguments()
    {
        ChatTool tool = ChatTool.CreateFunctionTool("march", null, BinaryData.FromString(
            """{"type":"object","properties":{"to":{"type":"string","enum":["north","south"]}},"required":["to"],"additionalProperties":false}"""));
        var options = new ChatCompletionOptions
        {
            Temperature = 0,
            MaxOutputTokenCount = 100,
            Tools = { tool },
            ToolChoice = ChatToolChoice.CreateFunctionChoice("march"),
            AllowParallelToolCalls = false,
        };
        var updates = new List<StreamingChatToolCallUpdate>();
        ChatFinishReason? reason = null;

        await foreach (StreamingChatCompletionUpdate update in server.CreateChatClient().CompleteChatStreamingAsync(Question, options))
        {
            updates.AddRange(update.ToolCallUpdates);
            reason = update.FinishReason ?? reason;
        }

        Assert.Equal("march", string.Concat(updates.Select(update => update.FunctionName)));
        Assert.NotEmpty(string.Concat(updates.Select(update => update.ToolCallId)));
        string arguments = string.Concat(updates.Select(update => update.FunctionArgumentsUpdate.ToString()));
        Assert.Matches("^(north|south)$", JsonElement.Parse(arguments).GetProperty("to").GetString());
        Assert.Equal(ChatFinishReason.ToolCalls, reason);
    }

    [Fact]
    public async Task Tool_results_and_earlier_calls_are_understood()
    {
        ChatMessage[] conversation =
        [
            new SystemChatMessage("You are a herald."),
            .. Question,
            new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall("call_1", "march", BinaryData.FromString("""{"to":"north"}"""))]),
            new ToolChatMessage("call_1", "They march."),
            new UserChatMessage("And now?"),
        ];

        ChatCompletion completion = await server.CreateChatClient().CompleteChatAsync(
            conversation, new ChatCompletionOptions { MaxOutputTokenCount = 3 });

        Assert.InRange(completion.Usage.OutputTokenCount, 1, 3);
    }

    [Fact]
    public async Task Answer_keeps_to_a_JSON_schema()
    {
        var options = new ChatCompletionOptions
        {
            Temperature = 0,
            MaxOutputTokenCount = 200,
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("speech", BinaryData.FromString("""
                {"type":"object","properties":{"speaker":{"type":"string","enum":["KING","QUEEN"]},"lines":{"type":"integer","minimum":1,"maximum":9}},
                 "required":["speaker","lines"],"additionalProperties":false}
                """)),
        };

        ChatCompletion completion = await server.CreateChatClient().CompleteChatAsync(Question, options);

        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        JsonElement speech = JsonElement.Parse(completion.Content[0].Text);
        Assert.Matches("^(KING|QUEEN)$", speech.GetProperty("speaker").GetString());
        Assert.InRange(speech.GetProperty("lines").GetInt32(), 1, 9);
    }

    [Fact]
    public async Task Log_probabilities_belong_to_the_text()
    {
        var options = new ChatCompletionOptions
        {
            Temperature = 0,
            MaxOutputTokenCount = 6,
            IncludeLogProbabilities = true,
            TopLogProbabilityCount = 3,
        };

        ChatCompletion completion = await server.CreateChatClient().CompleteChatAsync(Question, options);

        byte[] bytes = [.. completion.ContentTokenLogProbabilities.SelectMany(token => token.Utf8Bytes!.Value.ToArray())];
        Assert.Equal(completion.Content[0].Text, Encoding.UTF8.GetString(bytes));
        Assert.All(completion.ContentTokenLogProbabilities, token =>
        {
            Assert.Equal(3, token.TopLogProbabilities.Count);
            Assert.Equal(token.Token, token.TopLogProbabilities[0].Token);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities.Max(top => top.LogProbability));
        });
    }

    [Fact]
    public async Task Errors_arrive_with_status_and_message()
    {
        var notFound = await Assert.ThrowsAsync<ClientResultException>(() => server.CreateChatClient("gpt-9").CompleteChatAsync(Question));
        var tooHot = await Assert.ThrowsAsync<ClientResultException>(
            () => server.CreateChatClient().CompleteChatAsync(Question, new ChatCompletionOptions { Temperature = 3 }));

        Assert.Equal(404, notFound.Status);
        Assert.Contains("there is no model 'gpt-9'; this server has 'tiny'", notFound.Message);
        Assert.Equal(400, tooHot.Status);
        Assert.Contains("'temperature' is 3", tooHot.Message);
    }

    [Fact]
    public async Task Models_are_listed()
    {
        var client = new OpenAIModelClient(new ApiKeyCredential("none"), server.ClientOptions);

        OpenAIModelCollection models = await client.GetModelsAsync();
        OpenAIModel model = await client.GetModelAsync("tiny");

        Assert.Equal("tiny", Assert.Single(models).Id);
        Assert.Equal("nemotronh", model.OwnedBy);
    }
}
