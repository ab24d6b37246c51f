using System.Text;
using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class TokenizeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TokenizeTests() => _directory.Write("tokenizer.json", ByteTokenizer.Json().ToJsonString());

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Ids_are_printed_on_one_line()
    {
        CommandResult result = (await CommandLine.RunAsync("tokenize", "a b</s>", "--model", _directory.Path)).Succeeded();

        Assert.Equal("256 97 32 98 257\n", result.Output);
    }

    [Fact]
    public async Task Json_has_ids_and_the_text_they_decode_to()
    {
        JsonElement result = await JsonOf("né😀");

        Assert.Equal(["ids", "text"], result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(ByteIds("né😀", bos: true), Ids(result));
        Assert.Equal("<s>né😀", result.GetProperty("text").GetString());
    }

    [Fact]
    public async Task No_special_leaves_out_what_the_post_processor_adds_and_nothing_else()
    {
        JsonElement result = await JsonOf("a</s>", "--no-special");

        Assert.Equal(['a', ByteTokenizer.Eos], Ids(result));
        Assert.Equal("a</s>", result.GetProperty("text").GetString());
    }

    [Fact]
    public async Task File_keeps_its_byte_order_mark_and_line_ends()
    {
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. "a\r\nb\rc\n"u8];
        await File.WriteAllBytesAsync(_directory["text"], bytes, TestContext.Current.CancellationToken);

        JsonElement result = await JsonOf("--file", _directory["text"]);

        Assert.Equal([ByteTokenizer.Bos, .. bytes], Ids(result));
        Assert.Equal("<s>\uFEFFa\r\nb\rc\n", result.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_become_replacement_characters_with_a_warning()
    {
        await File.WriteAllBytesAsync(_directory["text"], [(byte)'a', 0xFF], TestContext.Current.CancellationToken);

        string[] arguments = ["tokenize", "--file", _directory["text"], "--no-special", "--model", _directory.Path, "--json"];
        CommandResult result = await CommandLine.RunAsync(arguments);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(ByteIds("a\uFFFD", bos: false), Ids(result.Json()));
        Assert.StartsWith($"warning: {_directory["text"]}: not valid UTF-8", result.Error);
    }

    [Fact]
    public async Task Lone_surrogate_counts_as_a_replacement_character()
    {
        JsonElement result = await JsonOf("a\uD83D", "--no-special");

        Assert.Equal(ByteIds("a\uFFFD", bos: false), Ids(result));
    }

    [Fact]
    public async Task Text_is_read_from_stdin()
    {
        CommandResult result = await CommandLine.RunAsync(["tokenize", "--model", _directory.Path], stdin: "hi\n");

        Assert.Equal("256 104 105 10\n", result.Succeeded().Output);
    }

    [Fact]
    public async Task Missing_file_is_named()
    {
        CommandResult result = await CommandLine.RunAsync("tokenize", "--file", _directory["nowhere"], "--model", _directory.Path);

        Assert.StartsWith($"{_directory["nowhere"]}: cannot be read", result.FailedWith(1));
    }

    private async Task<JsonElement> JsonOf(params string[] arguments) =>
        (await CommandLine.RunAsync(["tokenize", "--model", _directory.Path, "--json", .. arguments])).Succeeded().Json();

    private static IEnumerable<int> ByteIds(string text, bool bos) =>
        (bos ? [ByteTokenizer.Bos] : Array.Empty<int>()).Concat(Encoding.UTF8.GetBytes(text).Select(value => (int)value));

    private static IEnumerable<int> Ids(JsonElement result) => result.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32());
}
