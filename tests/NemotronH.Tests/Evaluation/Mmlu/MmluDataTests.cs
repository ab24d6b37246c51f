using NemotronH.Evaluation;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Text;
using NemotronH.Text;
using TemporaryDirectory = NemotronH.Tests.Checkpoints.TemporaryDirectory;

namespace NemotronH.Tests.Evaluation.Mmlu;

public sealed class MmluDataTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Tokenizer _tokenizer = EvaluationModel.Tokenizer().Load();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Fields_are_quoted_as_in_RFC_4180()
    {
        string path = _directory.Write("x.csv", "\"One, \"\"two\"\"\nor three?\",\"a,b\",\"\",\"say \"\"no\"\"\",d,B\r\nplain?,1,2,3,4,D\n\nhas a \" quote?,1,2,3,4,A");
        IReadOnlyList<MmluQuestion> questions = MmluCsvReader.Read(DataFile.Read(path), "anatomy");
        Assert.Equal(["One, \"two\"\nor three?", "plain?", "has a \" quote?"], questions.Select(question => question.Question));
        Assert.Equal(["a,b", "", "say \"no\"", "d"], questions[0].Choices);
        Assert.Equal([1, 3, 0], questions.Select(question => question.Answer));
        Assert.All(questions, question => Assert.Equal("anatomy", question.Subject));
    }

    [Theory]
    [InlineData("q,1,2,3,4,A\nq,1,2,3,A\n", "line 2: has 5 columns; expected 6: question, four answers and a letter")]
    [InlineData("\"q\nq\",1,2,3,4,A\nq,1,2,3,4,E\n", "line 3: the answer is 'E'; expected A, B, C or D")]
    [InlineData("q,1,2,3,4,\n", "line 1: the answer is ''; expected A, B, C or D")]
    [InlineData("q,1,2,3,4,AB\n", "line 1: the answer is 'AB'; expected A, B, C or D")]
    [InlineData("q,1,2,3,4,A\n\"q,1,2,3,4,B\nq,1,2,3,4,C\n", "line 2: has 1 columns; expected 6: question, four answers and a letter")]
    public void Bad_rows_are_named(string content, string expected)
    {
        string path = _directory.Write("x.csv", content);
        Assert.Equal($"{path}: {expected}", Assert.Throws<EvaluationException>(() => MmluCsvReader.Read(DataFile.Read(path), "x")).Message);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named()
    {
        string path = _directory.Write("x.csv", [(byte)'\n', 0xFF]);
        Assert.Equal($"{path}: line 2: is not UTF-8 text", Assert.Throws<EvaluationException>(() => MmluCsvReader.Read(DataFile.Read(path), "x")).Message);
    }

    [Fact]
    public void Prompts_are_those_of_the_harness()
    {
        Write("test", "high_school_physics", "  What is up? ,down, left ,right,up,D\n");
        Write("dev", "high_school_physics", "First?,a,b,c,d,C\nSecond?,e,f,g,h,A\nThird?,i,j,k,l,B\n");
        MmluPrompts prompts = MmluPrompts.Load(_directory.Path, _tokenizer, new MmluOptions { FewShot = 2 });
        Assert.Equal(
            [
                "The following are multiple choice questions (with answers) about high school physics.\n\n" +
                "First?\nA. a\nB. b\nC. c\nD. d\nAnswer: C\n\n" +
                "Second?\nA. e\nB. f\nC. g\nD. h\nAnswer: A\n\n" +
                "What is up?\nA. down\nB.  left \nC. right\nD. up\nAnswer:",
            ],
            prompts.Contexts);
        string[] whole = [.. prompts.Continuations[0].Select(letter => _tokenizer.Decode(letter.Tokens, skipSpecialTokens: false))];
        Assert.Equal(new[] { "A", "B", "C", "D" }.Select(letter => $"{prompts.Contexts[0]} {letter}"), whole);
        Assert.Equal([1, 1, 1, 2], prompts.Continuations[0].Select(letter => letter.Targets.Length));
    }

    [Fact]
    public void Subjects_are_the_names_of_their_files()
    {
        Write("test", "b_subject", "q?,1,2,3,4,A\nr?,1,2,3,4,B\n");
        Write("test", "a_subject", "s?,1,2,3,4,C\n");
        MmluPrompts prompts = MmluPrompts.Load(_directory.Path, _tokenizer, new MmluOptions { FewShot = 0 });
        Assert.Equal([("a_subject", "s?"), ("b_subject", "q?"), ("b_subject", "r?")], prompts.Questions.Select(question => (question.Subject, question.Question)));
        Assert.Equal(2, MmluPrompts.Load(_directory.Path, _tokenizer, new MmluOptions { FewShot = 0, Limit = 2 }).Questions.Count);
    }

    [Fact]
    public void Missing_data_is_named()
    {
        string path = _directory.Path;
        Assert.Equal(
            $"{path}: holds no test questions; expected a folder with test/SUBJECT_test.csv or test-*.parquet, or a parquet file", Error(path));
        Assert.StartsWith("nowhere: no such file or folder", Error("nowhere"));
        string text = _directory.Write("test.txt", "");
        Assert.StartsWith($"{text}: is not a parquet file; ", Error(text));
        Write("test", "virology", "q?,1,2,3,4,A\n");
        Assert.Equal($"{path}: holds no dev questions; expected dev/SUBJECT_dev.csv or dev-*.parquet for the few-shot examples", Error(path));
        Write("dev", "virology", "q?,1,2,3,4,A\n");
        Assert.Equal($"{path}: has 1 dev questions of 'virology'; 5 examples are to be taken", Error(path));
    }

    [Fact]
    public void The_57_subjects_have_the_categories_of_the_paper()
    {
        Assert.Equal(57, MmluSubjects.Names.Count);
        Assert.Equal(
            [("humanities", 13), ("other", 13), ("social_sciences", 12), ("stem", 19)],
            MmluSubjects.Names.GroupBy(MmluSubjects.CategoryOf).Select(group => (group.Key, group.Count())).Order());
        Assert.Equal("uncategorized", MmluSubjects.CategoryOf("astrology"));
    }

    private string Error(string path) => Assert.ThrowsAny<NemotronHException>(() => MmluPrompts.Load(path, _tokenizer)).Message;

    private void Write(string split, string subject, string content)
    {
        Directory.CreateDirectory(_directory[split]);
        File.WriteAllText(Path.Join(_directory[split], $"{subject}_{split}.csv"), content);
    }
}
