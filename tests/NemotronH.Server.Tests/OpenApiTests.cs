using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>The description of the endpoints against the endpoints.</summary>
public sealed class OpenApiTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly string[] Candidates =
    [
        .. ("add_generation_prompt add_special_tokens allowed_token_ids audio bad_words best_of chat_template chat_template_kwargs continue_final_message documents "
            + "echo frequency_penalty function_call functions guided_choice guided_json guided_regex ignore_eos include_reasoning include_stop_str_in_output "
            + "length_penalty logit_bias logits_processors logprobs max_completion_tokens max_tokens messages metadata min_p min_tokens modalities model n "
            + "parallel_tool_calls prediction presence_penalty priority prompt prompt_cache_key prompt_cache_retention prompt_logprobs reasoning_effort "
            + "repetition_penalty request_id response_format return_token_ids return_tokens_as_token_ids safety_identifier seed service_tier "
            + "skip_special_tokens spaces_between_special_tokens stop stop_token_ids store stream stream_options structured_outputs suffix temperature "
            + "tool_choice tools top_k top_logprobs top_p truncate_prompt_tokens use_beam_search user verbosity web_search_options").Split(' '),
    ];

    [Fact]
    public async Task Every_path_is_answered_as_described()
    {
        JsonElement document = JsonElement.Parse(await server.Client.GetStringAsync("/openapi.json"));

        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name.ToUpperInvariant()), path.Name.Replace("{name}", "tiny"));
                using HttpResponseMessage response = await server.Client.SendAsync(request);
                int status = (int)response.StatusCode;
                Assert.True(status is 200 or 415, $"{operation.Name} {path.Name}: {status}");
            }
        }
    }

    [Theory]
    [InlineData("ChatRequest", """{"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("CompletionRequest", """{"prompt":"Hi"}""")]
    public async Task Every_parameter_that_is_described_is_known(string schema, string least)
    {
        JsonElement document = JsonElement.Parse(await server.Client.GetStringAsync("/openapi.json"));

        foreach (JsonProperty parameter in document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject())
        {
            // An object with an unknown property is wrong for every parameter, but an unknown parameter is refused as such.
            JsonObject body = Bodies.Parse(least);
            body[parameter.Name] = Bodies.Parse("""{"nonsense": [{}]}""");
            ApiException? error = Record.Exception(() => Read(schema, JsonElement.Parse(body.ToJsonString()))) as ApiException;
            Assert.True(error?.Error.Code != "unknown_parameter" || error.Error.Param != parameter.Name, parameter.Name);
            Assert.NotEqual("unsupported_parameter", error?.Error.Code);
        }
    }

    /// <summary>Whatever a client of OpenAI's API or of vLLM may send is described or refused by name.</summary>
    [Theory]
    [InlineData("ChatRequest", """{"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("CompletionRequest", """{"prompt":"Hi"}""")]
    public async Task Every_parameter_that_is_known_is_described(string schema, string least)
    {
        JsonElement document = JsonElement.Parse(await server.Client.GetStringAsync("/openapi.json"));
        JsonElement described = document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties");

        foreach (string name in Candidates.Where(name => !described.TryGetProperty(name, out _)))
        {
            JsonObject body = Bodies.Parse(least);
            body[name] = Bodies.Parse("{}");
            ApiException error = Assert.Throws<ApiException>(() => Read(schema, JsonElement.Parse(body.ToJsonString())));
            Assert.Contains(error.Error.Code, (string[])["unknown_parameter", "unsupported_parameter"]);
            Assert.Equal(name, error.Error.Param);
        }
    }

    private static object Read(string schema, JsonElement body) => schema == "ChatRequest"
        ? ChatRequestReader.Read(body, new ServerOptions())
        : CompletionRequestReader.Read(body, new ServerOptions());
}
