using NemotronH.Evaluation.Runs;
using Parquet;
using Parquet.Schema;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>
/// Reads MMLU as Hugging Face stores it: columns <c>question</c>, <c>subject</c>, <c>choices</c> (a list of texts) and <c>answer</c> (0 to 3).
/// </summary>
internal static class MmluParquetReader
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="EvaluationException">It is not parquet, lacks a column, or a row is not a question; the message names file and row.</exception>
    public static IReadOnlyList<MmluQuestion> Read(DataFile file)
    {
        try
        {
            return ReadAsync(file).GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is not NemotronHException)
        {
            // The library throws whatever a damaged file leads it into.
            throw new EvaluationException($"{file.Path}: is not a parquet file that can be read: {exception.Message}", exception);
        }
    }

    private static async Task<IReadOnlyList<MmluQuestion>> ReadAsync(DataFile file)
    {
        var questions = new List<MmluQuestion>();
        await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(file.Content, writable: false), leaveStreamOpen: false);
        DataField question = Column(reader, "question", file), subject = Column(reader, "subject", file);
        DataField choices = Column(reader, "choices", file), answer = Column(reader, "answer", file);
        foreach (ParquetRowGroupReader group in reader.RowGroups)
        {
            using (group)
            {
                IReadOnlyList<IReadOnlyList<ReadOnlyMemory<char>>> texts = await ParquetColumn.ReadAsync<ReadOnlyMemory<char>>(group, question);
                IReadOnlyList<IReadOnlyList<ReadOnlyMemory<char>>> subjects = await ParquetColumn.ReadAsync<ReadOnlyMemory<char>>(group, subject);
                IReadOnlyList<IReadOnlyList<ReadOnlyMemory<char>>> lists = await ParquetColumn.ReadAsync<ReadOnlyMemory<char>>(group, choices);
                IReadOnlyList<IReadOnlyList<long>> answers = await ParquetColumn.ReadAsync<long>(group, answer);
                for (int i = 0; i < texts.Count; i++)
                {
                    questions.Add(Question(texts[i], subjects[i], lists[i], answers[i], $"{file.Path}: row {questions.Count + 1}"));
                }
            }
        }

        return questions;
    }

    private static MmluQuestion Question(
        IReadOnlyList<ReadOnlyMemory<char>> question,
        IReadOnlyList<ReadOnlyMemory<char>> subject,
        IReadOnlyList<ReadOnlyMemory<char>> choices,
        IReadOnlyList<long> answer,
        string origin)
    {
        if (question is not [ReadOnlyMemory<char> text] || subject is not [ReadOnlyMemory<char> name])
        {
            throw new EvaluationException($"{origin}: has no question or no subject");
        }

        if (choices.Count != MmluQuestion.ChoiceCount)
        {
            throw new EvaluationException($"{origin}: has {choices.Count} choices; expected {MmluQuestion.ChoiceCount} texts");
        }

        return answer is [>= 0 and < MmluQuestion.ChoiceCount]
            ? new MmluQuestion(name.ToString(), text.ToString(), [.. choices.Select(choice => choice.ToString())], (int)answer[0])
            : throw new EvaluationException(
                $"{origin}: the answer is {(answer is [long other] ? other : "missing")}; expected 0 to {MmluQuestion.ChoiceCount - 1}");
    }

    /// <summary>A column by its outermost name; how the levels of a list are called differs between writers.</summary>
    private static DataField Column(ParquetReader reader, string name, DataFile file) =>
        reader.Schema.DataFields.FirstOrDefault(field => field.Path.FirstPart == name)
        ?? throw new EvaluationException($"{file.Path}: has no column '{name}'; expected question, subject, choices and answer");
}
