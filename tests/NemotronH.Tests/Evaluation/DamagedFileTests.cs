using System.Text;
using NemotronH.Evaluation;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Evaluation;

/// <summary>Whatever the files of an evaluation hold, they are read, or refused in one line that names them.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private const int Rounds = 4000;

    private static readonly byte[] Noise = [.. "{}[]\",:0123456789\n\r\\ \0\u00FF"u8];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Problems_of_GSM8K()
    {
        byte[] valid = Encoding.UTF8.GetBytes(
            "{\"question\": \"How m\\u00e4ny?\", \"answer\": \"1+1\\n#### 2\"}\n{\"question\": \"Wh\u00FF?\", \"answer\": \"#### -1,000\"}\n");
        Assert.InRange(Refused(valid, "x.jsonl", bytes => Gsm8kReader.Read(new DataFile("x.jsonl", bytes))), Rounds / 2, Rounds - 1);
    }

    [Fact]
    public void Questions_of_MMLU()
    {
        byte[] valid = Encoding.UTF8.GetBytes("Who?,a,\"b, \"\"or\"\" c\",c,d,A\n\"Wh\u00FF\nnot?\",1,2,3,4,D\n");
        Assert.InRange(Refused(valid, "x.csv", bytes => MmluCsvReader.Read(new DataFile("x.csv", bytes), "x")), Rounds / 4, Rounds - 1);
    }

    [Fact]
    public void The_state_of_a_run()
    {
        string path = _directory["state.jsonl"];
        RunIdentity identity = new RunIdentityBuilder("gsm8k").With("batch", 8).With("data", "x").Build();
        Gsm8kRecord[] records = [new("so 2 #### 2", 7, true, "2", "2", true, true), new("\u00FF", 1, false, null, null, false, false)];
        using (StateFile file = StateFile.Open(new StateLocation(path), identity))
        {
            Restore(file).AddMissing(records.Select((record, item) => (item, record)));
        }

        int refused = Refused(File.ReadAllBytes(path), path, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            using StateFile file = StateFile.Open(new StateLocation(path), identity);
            Restore(file);
        });
        Assert.InRange(refused, Rounds / 2, Rounds - 1);
    }

    [Theory]
    [InlineData("{\"nemotronh_eval\":{\"task\":\"a\",\"task\":\"a\"}}\n")]
    [InlineData("{\"nemotronh_eval\":{\"task\":\"\\ud800\"}}\n")]
    [InlineData("{\"nemotronh_eval\":{},\"nemotronh_eval\":{}}\n")]
    [InlineData("{\"nemotronh_eval\":{\"\\ud800\":1}}\n")]
    public void A_first_line_that_is_JSON_but_has_no_facts(string line)
    {
        string path = _directory.Write("state.jsonl", line);
        string message = Assert.Throws<EvaluationException>(
            () => StateFile.Open(new StateLocation(path), new RunIdentityBuilder("gsm8k").Build()).Dispose()).Message;
        Assert.Equal($"{path}: is not the state of an evaluation; expected a first line with 'nemotronh_eval'", message);
    }

    [Fact]
    public void A_record_with_half_a_surrogate_pair()
    {
        string path = _directory["state.jsonl"];
        RunIdentity identity = new RunIdentityBuilder("gsm8k").Build();
        using (StateFile file = StateFile.Open(new StateLocation(path), identity))
        {
            file.Append([(0, "{\"text\":\"\\ud800\",\"tokens\":1,\"ended\":true,\"strict\":null,\"flexible\":null,\"strict_correct\":true,\"flexible_correct\":true}"u8.ToArray())]);
        }

        using StateFile again = StateFile.Open(new StateLocation(path), identity);
        Assert.Equal(
            $"{path}: line 2: the record of item 0 is not one of this task; remove the file to begin anew (--restart)",
            Assert.Throws<EvaluationException>(() => Restore(again)).Message);
    }

    private static RunState<Gsm8kRecord> Restore(StateFile file) => new(2, EvaluationJson.Default.Gsm8kRecord, file, null);

    /// <summary>How many of the damaged files are refused.</summary>
    private static int Refused(byte[] valid, string path, Action<byte[]> read)
    {
        var random = new Random(20261122);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = round % 4 == 0 ? random.GetItems(Noise, random.Next(80)) : Fuzzing.Mutate(random, valid);
            try
            {
                read(bytes);
            }
            catch (EvaluationException exception)
            {
                Assert.StartsWith($"{path}: ", exception.Message);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        return refused;
    }
}
