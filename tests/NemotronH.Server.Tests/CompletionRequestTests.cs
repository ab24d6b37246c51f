using System.Text.Json;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;

namespace NemotronH.Server.Tests;

public sealed class CompletionRequestTests
{
    [Fact]
    public void Request_of_lm_eval_is_understood()
    {
        CompletionRequest completion = Reading.Completion(
            """{"model":"m","prompt":[[1,2,3]],"temperature":0,"max_tokens":1,"logprobs":1,"seed":1234,"echo":true}""");

        Assert.Equal([1, 2, 3], Assert.Single(completion.Prompts).Ids!);
        Assert.Equal((1, 1, true, 1234L), (completion.Sampling.MaxTokens, completion.TopLogProbs, completion.Echo, completion.Sampling.Seed));
    }

    [Fact]
    public void Prompts_come_in_four_forms()
    {
        Assert.Equal(["a"], Texts("\"a\""));
        Assert.Equal(["a", "b"], Texts("[\"a\",\"b\"]"));
        Assert.Equal([[1, 2]], Ids("[1,2]"));
        Assert.Equal([[1, 2], [3]], Ids("[[1,2],[3]]"));

        static IEnumerable<string?> Texts(string prompt) => Reading.Completion($$"""{"prompt":{{prompt}}}""").Prompts.Select(p => p.Text);
        static IEnumerable<IReadOnlyList<int>?> Ids(string prompt) => Reading.Completion($$"""{"prompt":{{prompt}}}""").Prompts.Select(p => p.Ids);
    }

    [Fact]
    public void Sixteen_tokens_are_made_unless_the_request_says_how_many()
    {
        Assert.Equal(16, Reading.Completion("""{"prompt":"a"}""").Sampling.MaxTokens);
        Assert.Equal(0, Reading.Completion("""{"prompt":"a","echo":true,"max_tokens":0}""").Sampling.MaxTokens);
    }

    [Theory]
    [InlineData("{}", "prompt", "'prompt' is missing")]
    [InlineData("""{"prompt":[]}""", "prompt", "'prompt' is empty; expected a string, a list of strings, a list of token ids or a list of lists of token ids")]
    [InlineData("""{"prompt":7}""", "prompt", "'prompt' is a number; expected a string, a list of strings, a list of token ids or a list of lists of token ids")]
    [InlineData("""{"prompt":[1,"a"]}""", "prompt[1]", "'prompt[1]' is a string; expected a whole number from 0 to 2147483647")]
    [InlineData("""{"prompt":[[1],[-1]]}""", "prompt[1][0]", "'prompt[1][0]' is -1; expected a whole number from 0 to 2147483647")]
    [InlineData("""{"prompt":["a",7]}""", "prompt[1]", "'prompt[1]' is a number; expected a string or a list of token ids")]
    [InlineData("""{"prompt":"a","max_tokens":0}""", "max_tokens", "'max_tokens' is 0; expected a whole number from 1 to 2147483647")]
    [InlineData("""{"prompt":"a","suffix":"b"}""", "suffix", "'suffix' is not supported by this server")]
    [InlineData("""{"prompt":"a","best_of":3}""", "best_of", "'best_of' is not supported by this server unless it equals 'n'")]
    [InlineData("""{"prompt":"a","logprobs":true}""", "logprobs", "'logprobs' is true; expected a whole number from 0 to 20")]
    [InlineData("""{"prompt":["a","b"],"n":65}""", "prompt", "the request asks for 130 answers; expected at most 128")]
    [InlineData("""{"prompt":"a","messages":[]}""", "messages", "there is no parameter 'messages'")]
    public void Requests_that_are_wrong_are_refused_by_name(string json, string name, string message)
    {
        ApiError error = Reading.Fails(() => Reading.Completion(json));

        Assert.Equal((name, message), (error.Param, error.Message));
    }

    [Fact]
    public void Text_or_messages_are_tokenized_but_not_both()
    {
        var text = TokenizeRequest.Read(JsonElement.Parse("""{"prompt":"a","return_token_strs":true}"""));
        Assert.Equal(("a", true, true), (text.Prompt, text.AddSpecialTokens, text.ReturnTokenTexts));

        var messages = TokenizeRequest.Read(JsonElement.Parse($$"""{"messages":{{Reading.Messages}}}"""));
        Assert.False(messages.AddSpecialTokens);
        Assert.True(messages.AddGenerationPrompt);

        Assert.Contains("both or neither", Reading.Fails(() => TokenizeRequest.Read(JsonElement.Parse("{}"))).Message);
    }

    [Fact]
    public void Tokens_are_detokenized()
    {
        Assert.Equal([1, 2], DetokenizeRequest.Read(JsonElement.Parse("""{"tokens":[1,2]}""")).Tokens);
        Assert.Equal("tokens", Reading.Fails(() => DetokenizeRequest.Read(JsonElement.Parse("""{"tokens":"1"}"""))).Param);
    }
}
