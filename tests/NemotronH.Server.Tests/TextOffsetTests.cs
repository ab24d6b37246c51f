using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary><c>text_offset</c> where the tokenizer puts tokens around texts that the texts do not show.</summary>
public sealed class TextOffsetTests : IAsyncLifetime, IDisposable
{
    private const string Prompt = "<s>What né 😀";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nemotronh-bos-");
    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (string file in Directory.GetFiles(RunningServer.ModelDirectory))
        {
            File.Copy(file, Path.Join(_directory.FullName, Path.GetFileName(file)));
        }

        string path = Path.Join(_directory.FullName, "tokenizer.json");
        JsonNode tokenizer = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        tokenizer["post_processor"] = JsonNode.Parse(
            """
            {
              "type": "TemplateProcessing",
              "single": [
                { "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "</s>", "type_id": 0 } }
              ],
              "pair": [],
              "special_tokens": { "<s>": { "id": "<s>", "ids": [1], "tokens": ["<s>"] }, "</s>": { "id": "</s>", "ids": [2], "tokens": ["</s>"] } }
            }
            """);
        await File.WriteAllTextAsync(path, tokenizer.ToJsonString());
        _server = await RunningServer.StartAsync(directory: _directory.FullName);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Offsets_are_places_in_the_text_that_is_given_back(bool asTokens)
    {
        string prompt = Bodies.Quote(Prompt);
        int[] ids = await TokensAsync(prompt);
        Assert.Equal((1, 1, 2), (ids[0], ids[1], ids[^1]));

        JsonElement choice = await AskAsync(asTokens ? $"[{string.Join(',', ids)}]" : prompt, "");

        string text = choice.GetProperty("text").GetString()!;
        Assert.StartsWith(asTokens ? $"<s>{Prompt}</s>" : Prompt, text);
        string[] tokens = Strings(choice, "tokens");
        int[] offsets = Offsets(choice);
        int[] shown = [.. Enumerable.Range(asTokens ? 0 : 1, ids.Length - (asTokens ? 0 : 2)), .. Enumerable.Range(ids.Length, tokens.Length - ids.Length)];

        // Offsets count characters, strings UTF-16 units: the emoji is one of the former.
        Assert.All(shown.Where(i => !tokens[i].StartsWith("bytes:", StringComparison.Ordinal)), i => Assert.StartsWith(tokens[i], From(text, offsets[i])));
        Assert.Equal(0, offsets[0]);
        Assert.Equal(asTokens ? 3 : 0, offsets[1]);
    }

    [Fact]
    public async Task Special_tokens_that_are_generated_count_where_they_are_shown()
    {
        const string always = ""","logit_bias":{"1":100}""";

        JsonElement skipped = await AskAsync("\"What\"", always);
        JsonElement kept = await AskAsync("\"What\"", $"{always},\"skip_special_tokens\":false");

        Assert.Equal(("What", "What<s><s><s>"), (skipped.GetProperty("text").GetString(), kept.GetProperty("text").GetString()));
        Assert.Equal([4, 4, 4], Offsets(skipped)[^3..]);
        Assert.Equal([4, 7, 10], Offsets(kept)[^3..]);
    }

    private static string From(string text, int character) => string.Concat(text.EnumerateRunes().Skip(character));

    private static string[] Strings(JsonElement choice, string list) =>
        [.. choice.GetProperty("logprobs").GetProperty(list).EnumerateArray().Select(entry => entry.GetString()!)];

    private static int[] Offsets(JsonElement choice) =>
        [.. choice.GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(entry => entry.GetInt32())];

    private async Task<JsonElement> AskAsync(string prompt, string further) =>
        (await _server.PostAsync("/v1/completions", Bodies.Completion(prompt, 3, $",\"echo\":true,\"logprobs\":0{further}"))).GetProperty("choices")[0];

    private async Task<int[]> TokensAsync(string text) =>
        (await _server.PostAsync("/tokenize", Bodies.Parse($$"""{"prompt":{{text}}}"""))).GetProperty("tokens").Deserialize<int[]>()!;
}
