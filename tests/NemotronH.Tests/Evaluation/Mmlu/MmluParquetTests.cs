using NemotronH.Evaluation;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Text;
using NemotronH.Text;
using Parquet.Serialization;
using TemporaryDirectory = NemotronH.Tests.Checkpoints.TemporaryDirectory;

namespace NemotronH.Tests.Evaluation.Mmlu;

public sealed class MmluParquetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Tokenizer _tokenizer = EvaluationModel.Tokenizer().Load();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Rows_become_questions()
    {
        string path = await Write("test-0.parquet", [new("q1", "anatomy", ["1", "2", "3", "4"], 2), new("q2", "virology", ["a, b", "", "\"", "\u00E9\n"], 0)]);
        IReadOnlyList<MmluQuestion> questions = MmluParquetReader.Read(DataFile.Read(path));
        Assert.Equal([("anatomy", "q1", 2), ("virology", "q2", 0)], questions.Select(question => (question.Subject, question.Question, question.Answer)));
        Assert.Equal(["1", "2", "3", "4"], questions[0].Choices);
        Assert.Equal(["a, b", "", "\"", "\u00E9\n"], questions[1].Choices);
    }

    [Fact]
    public async Task Examples_come_from_the_dev_file_beside_the_test_file()
    {
        string path = await Write("test-00000-of-00001.parquet", [new("q1", "anatomy", ["1", "2", "3", "4"], 2)]);
        await Write("dev-00000-of-00001.parquet", [new("d1", "anatomy", ["1", "2", "3", "4"], 3), new("d2", "virology", ["1", "2", "3", "4"], 3)]);
        var options = new MmluOptions { FewShot = 1 };
        string context = Assert.Single(MmluPrompts.Load(path, _tokenizer, options).Contexts);
        Assert.Contains("about anatomy.\n\nd1\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: D\n\nq1\n", context);
        Assert.Equal(context, Assert.Single(MmluPrompts.Load(_directory.Path, _tokenizer, options).Contexts));
        Assert.Equal(context, Assert.Single(MmluPrompts.Load(path, _tokenizer, options with { FewShotPath = _directory["dev-00000-of-00001.parquet"] }).Contexts));
    }

    [Fact]
    public async Task Rows_that_are_no_questions_are_named()
    {
        Row good = new("q", "s", ["1", "2", "3", "4"], 0);
        Assert.EndsWith("row 2: has 3 choices; expected 4 texts", await ErrorOf([good, good with { choices = ["1", "2", "3"] }]));
        Assert.EndsWith("row 1: has 5 choices; expected 4 texts", await ErrorOf([good with { choices = ["1", "2", "3", "4", "5"] }]));
        Assert.EndsWith("row 3: the answer is 4; expected 0 to 3", await ErrorOf([good, good, good with { answer = 4 }]));
        Assert.EndsWith("row 1: has no question or no subject", await ErrorOf([good with { question = null }]));
    }

    [Fact]
    public async Task Files_without_a_column_or_of_other_bytes_are_named()
    {
        string other = _directory["other.parquet"];
        await using (FileStream stream = File.Create(other))
        {
            await ParquetSerializer.SerializeAsync(new[] { new { question = "q", subject = "s", answer = 1L } }, stream);
        }

        Assert.Equal($"{other}: has no column 'choices'; expected question, subject, choices and answer", Error(other));
        string path = await Write("test-0.parquet", [new("q1", "anatomy", ["1", "2", "3", "4"], 2)]);
        byte[] whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        string torn = _directory.Write("torn.parquet", whole[..(whole.Length / 2)]);
        Assert.StartsWith($"{torn}: is not a parquet file that can be read: ", Error(torn));
        Assert.StartsWith($"{_directory.Write("empty.parquet", "")}: is not a parquet file that can be read: ", Error(_directory["empty.parquet"]));
    }

    [Fact]
    public async Task Damaged_files_never_end_in_anything_but_an_explanation()
    {
        string path = await Write("test-0.parquet", [new("q1", "anatomy", ["1", "2", "3", "4"], 2), new("q2", "virology", ["1", "2", "3", "4"], 2)]);
        byte[] whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                MmluParquetReader.Read(new DataFile("x.parquet", damaged));
            }
            catch (EvaluationException exception)
            {
                Assert.StartsWith("x.parquet: ", exception.Message);
            }
        }
    }

    private async Task<string> ErrorOf(Row[] rows) => Error(await Write("test-0.parquet", rows));

    private static string Error(string path) => Assert.Throws<EvaluationException>(() => MmluParquetReader.Read(DataFile.Read(path))).Message;

    private async Task<string> Write(string name, Row[] rows)
    {
        await using FileStream stream = File.Create(_directory[name]);
        await ParquetSerializer.SerializeAsync(rows, stream);
        return _directory[name];
    }

    /// <summary>A row with the columns' own names.</summary>
#pragma warning disable IDE1006
    internal sealed record Row(string? question, string? subject, List<string> choices, long answer)
    {
        public Row()
            : this(null, null, [], 0)
        {
        }
    }
#pragma warning restore IDE1006
}
