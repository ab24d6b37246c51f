using CsvHelper;
using NemotronH.Checkpoints;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>Reads the original files of MMLU: a subject a file, without header: question, four answers, the right one's letter.</summary>
internal static class MmluCsvReader
{
    private const int Columns = MmluQuestion.ChoiceCount + 2;

    /// <summary>Quotes that stand where none are needed are text, as they are to pandas.</summary>
    private static readonly CsvReaderOptions Options = new() { HasHeader = false, Separator = ',', TrackLineNumbers = true };

    /// <summary>Reads a file.</summary>
    /// <exception cref="EvaluationException">A row is not a question; the message names file and line.</exception>
    public static IReadOnlyList<MmluQuestion> Read(DataFile file, string subject)
    {
        var questions = new List<MmluQuestion>();
        using CsvReader reader = CsvReader.FromText(file.Text(), Options);
        while (reader.Read())
        {
            string[] row = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];
            questions.Add(Question(row, subject, $"{file.Path}: line {reader.LineNumber}"));
        }

        return questions;
    }

    private static MmluQuestion Question(string[] row, string subject, string origin)
    {
        if (row.Length != Columns)
        {
            throw new EvaluationException($"{origin}: has {row.Length} columns; expected {Columns}: question, four answers and a letter");
        }

        string letter = row[^1].Trim();
        int answer = letter.Length == 1 ? MmluQuestion.Letters.IndexOf(letter[0], StringComparison.Ordinal) : -1;
        return answer >= 0
            ? new MmluQuestion(subject, row[0], row[1..^1], answer)
            : throw new EvaluationException($"{origin}: the answer is {Message.Quote(letter)}; expected A, B, C or D");
    }
}
