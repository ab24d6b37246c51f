using System.Text.Json;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Reads GSM8K's JSON lines: one object with <c>question</c> and <c>answer</c> a line.</summary>
internal static class Gsm8kReader
{
    /// <summary>Reads all problems.</summary>
    /// <exception cref="EvaluationException">A line is not a problem, or there is none; the message names file and line.</exception>
    public static IReadOnlyList<Gsm8kItem> Read(DataFile file)
    {
        var items = new List<Gsm8kItem>();
        int number = 0;
        foreach (string line in file.Text().TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                items.Add(Parse(line, $"{file.Path}: line {number}"));
            }
        }

        return items.Count > 0
            ? items
            : throw new EvaluationException($"{file.Path}: holds no problems; expected JSON lines with 'question' and 'answer'");
    }

    private static Gsm8kItem Parse(string line, string origin)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            var item = new Gsm8kItem(Field(document.RootElement, "question", origin), Field(document.RootElement, "answer", origin));
            return Gsm8kAnswer.ExtractStrict(item.Answer) is not null
                ? item
                : throw new EvaluationException($"{origin}: 'answer' has no '#### ' and a number; expected the form that OpenAI published");
        }
        catch (JsonException exception)
        {
            throw new EvaluationException($"{origin}: is not JSON; expected an object with 'question' and 'answer'", exception);
        }
    }

    private static string Field(JsonElement item, string name, string origin)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty(name, out JsonElement field))
        {
            throw new EvaluationException($"{origin}: has no '{name}'; expected an object with 'question' and 'answer'");
        }

        // A string with half a surrogate pair has no text.
        return field.ValueKind == JsonValueKind.String && TryGetText(field) is string text
            ? text
            : throw new EvaluationException($"{origin}: '{name}' is not a text");
    }

    private static string? TryGetText(JsonElement field)
    {
        try
        {
            return field.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
