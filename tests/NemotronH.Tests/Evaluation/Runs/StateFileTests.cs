using System.Text;
using System.Text.Json.Nodes;
using NemotronH.Evaluation;
using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Evaluation.Runs;

public sealed class StateFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory["state.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_appended_is_found_again()
    {
        using (StateFile file = Open())
        {
            Assert.Empty(file.Entries);
            file.Append([(3, "{\"a\":1}"u8.ToArray()), (0, "[]"u8.ToArray())]);
            file.Append([(7, "null"u8.ToArray())]);
        }

        using StateFile again = Open();
        Assert.Equal([(2, 3, "{\"a\":1}"), (3, 0, "[]"), (4, 7, "null")], again.Entries.Select(entry => (entry.Line, entry.Item, entry.Record.GetRawText())));
    }

    [Fact]
    public void A_line_that_is_torn_anywhere_is_cut_off_and_the_file_goes_on()
    {
        using (StateFile file = Open())
        {
            file.Append([(0, "\"first\""u8.ToArray())]);
        }

        byte[] whole = File.ReadAllBytes(Path);
        byte[] second = Encoding.UTF8.GetBytes("{\"item\":1,\"record\":\"zw\u00F6lf\"}\n");
        for (int length = 0; length < second.Length; length++)
        {
            File.WriteAllBytes(Path, [.. whole, .. second[..length]]);
            using (StateFile file = Open())
            {
                Assert.Equal([0], file.Entries.Select(entry => entry.Item));
                file.Append([(1, "\"zw\u00F6lf\""u8.ToArray())]);
            }

            Assert.Equal([.. whole, .. second], File.ReadAllBytes(Path));
        }
    }

    [Fact]
    public void Another_run_is_refused_by_what_differs()
    {
        Begin();
        byte[] before = File.ReadAllBytes(Path);
        var exception = Assert.Throws<EvaluationException>(() => Open(batch: 4));
        Assert.Equal($"{Path}: holds the records of another run: batch '8', here '4'; begin anew (--restart), or keep this run's state elsewhere (--state)", exception.Message);
        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void An_option_that_only_one_run_has_is_a_difference()
    {
        Begin();
        var exception = Assert.Throws<EvaluationException>(() => StateFile.Open(new StateLocation(Path), Identity(8, ("limit", 5))));
        Assert.Contains("limit 'absent', here '5'", exception.Message);
    }

    [Fact]
    public void A_file_without_records_is_not_left_behind()
    {
        Open().Dispose();
        Assert.Empty(_directory.Contents());
        Begin();
        Open().Dispose();
        Assert.Equal(["state.jsonl"], _directory.Contents());
    }

    [Fact]
    public void A_restart_begins_anew()
    {
        using (StateFile file = Open())
        {
            file.Append([(0, "1"u8.ToArray())]);
        }

        using StateFile again = StateFile.Open(new StateLocation(Path, Restart: true), Identity(4));
        Assert.Empty(again.Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a text without an end")]
    [InlineData("a text\n")]
    [InlineData("{}\n")]
    [InlineData("[1]\n{\"item\":0,\"record\":1}\n")]
    [InlineData("{\"nemotronh_eval\":\n")]
    public void A_file_that_is_something_else_is_refused_and_kept(string content)
    {
        File.WriteAllText(Path, content);
        var exception = Assert.Throws<EvaluationException>(() => Open());
        Assert.Equal($"{Path}: is not the state of an evaluation; expected a first line with 'nemotronh_eval'", exception.Message);
        Assert.Equal(content, File.ReadAllText(Path));
    }

    [Theory]
    [InlineData("{\"item\":0}")]
    [InlineData("{\"item\":\"x\",\"record\":1}")]
    [InlineData("{\"item\":1.5,\"record\":1}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"item\":0,\"record\":1")]
    public void A_whole_line_that_is_no_record_is_named(string line)
    {
        Begin();
        File.AppendAllText(Path, "{\"item\":5,\"record\":1}\n" + line + "\n{\"item\":6,\"record\":1}\n");
        var exception = Assert.Throws<EvaluationException>(() => Open());
        Assert.Equal($"{Path}: line 3: is not the record of an item; remove the file to begin anew (--restart)", exception.Message);
    }

    [Fact]
    public void Two_runs_cannot_share_a_file()
    {
        using StateFile file = Open();
        var exception = Assert.Throws<EvaluationException>(() => Open());
        Assert.StartsWith($"{Path}: cannot be opened, perhaps another run uses it", exception.Message);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        string path = _directory["none/state.jsonl"];
        var exception = Assert.ThrowsAny<NemotronHException>(() => StateFile.Open(new StateLocation(path), Identity(8)));
        Assert.StartsWith($"{path}: cannot be written", exception.Message);
    }

    /// <summary>Leaves a file with a first line and no records.</summary>
    private void Begin()
    {
        using (StateFile file = Open())
        {
            file.Append([(0, "1"u8.ToArray())]);
        }

        File.WriteAllText(Path, File.ReadAllLines(Path)[0] + "\n");
    }

    private StateFile Open(int batch = 8) => StateFile.Open(new StateLocation(Path), Identity(batch));

    private static RunIdentity Identity(int batch, params (string Name, JsonNode Value)[] more)
    {
        var facts = new JsonObject { ["task"] = "test", ["batch"] = batch, ["temperature"] = 0.5 };
        foreach ((string name, JsonNode value) in more)
        {
            facts[name] = value;
        }

        return new RunIdentity(facts);
    }
}
