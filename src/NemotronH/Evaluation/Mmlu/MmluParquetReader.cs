using NemotronH.Evaluation.Runs;
using Parquet;
using Parquet.Schema;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>Reads MMLU as Hugging Face stores it: columns <c>question</c>, <c>subject</c>, <c>choices</c> (a list of texts) and <c>answer</c> (0 to 3).</summary>
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
                string?[] texts = await ReadTextsAsync(group, question);
                string?[] subjects = await ReadTextsAsync(group, subject);
                List<string?>[] lists = await ReadListsAsync(group, choices);
                long?[] answers = await ReadIntegersAsync(group, answer);
                for (int i = 0; i < texts.Length; i++)
                {
                    questions.Add(Question(texts[i], subjects[i], lists.ElementAtOrDefault(i), answers[i], $"{file.Path}: row {questions.Count + 1}"));
                }
            }
        }

        return questions;
    }

    private static MmluQuestion Question(string? question, string? subject, List<string?>? choices, long? answer, string origin)
    {
        if (question is null || subject is null)
        {
            throw new EvaluationException($"{origin}: has no question or no subject");
        }

        if (choices is not { Count: MmluQuestion.ChoiceCount } || choices.Contains(null))
        {
            throw new EvaluationException($"{origin}: has {choices?.Count ?? 0} choices; expected {MmluQuestion.ChoiceCount} texts");
        }

        return answer is >= 0 and < MmluQuestion.ChoiceCount
            ? new MmluQuestion(subject, question, choices!, (int)answer)
            : throw new EvaluationException($"{origin}: the answer is {answer?.ToString() ?? "missing"}; expected 0 to {MmluQuestion.ChoiceCount - 1}");
    }

    /// <summary>A column by its outermost name; how the levels of a list are called differs between writers.</summary>
    private static DataField Column(ParquetReader reader, string name, DataFile file) =>
        reader.Schema.DataFields.FirstOrDefault(field => field.Path.FirstPart == name)
        ?? throw new EvaluationException($"{file.Path}: has no column '{name}'; expected question, subject, choices and answer");

    private static async Task<string?[]> ReadTextsAsync(ParquetRowGroupReader group, DataField field)
    {
        var values = new string?[group.RowCount];
        await group.ReadAsync(field, values.AsMemory()!);
        return values;
    }

    private static async Task<long?[]> ReadIntegersAsync(ParquetRowGroupReader group, DataField field)
    {
        var values = new long?[group.RowCount];
        await group.ReadAsync(field, values.AsMemory());
        return values;
    }

    private static async Task<List<string?>[]> ReadListsAsync(ParquetRowGroupReader group, DataField field)
    {
        long count = group.GetMetadata(field)?.MetaData?.NumValues ?? 0;
        var values = new string?[count];
        var levels = new int[count];
        await group.ReadAsync(field, values.AsMemory()!, levels.AsMemory());
        var lists = new List<List<string?>>();
        for (int i = 0; i < values.Length; i++)
        {
            // Level 0 begins a row.
            if (levels[i] == 0)
            {
                lists.Add([]);
            }

            lists[^1].Add(values[i]);
        }

        return [.. lists];
    }
}
