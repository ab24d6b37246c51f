using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NemotronH.Checkpoints;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Evaluation;

/// <summary>What a benchmark found. Holds no times, so that equal runs give equal files.</summary>
public abstract record EvaluationResult
{
    private static readonly EvaluationJson Compact = new(Relaxed(indented: false));
    private static readonly EvaluationJson Indented = new(Relaxed(indented: true));

    /// <summary>Name of the benchmark.</summary>
    [JsonPropertyOrder(-3)]
    public string Task => Run["task"]!;

    /// <summary>What determined the result: data, model and options.</summary>
    [JsonPropertyOrder(-2)]
    public required RunIdentity Run { get; init; }

    /// <summary>Number of items: windows, problems or questions.</summary>
    [JsonPropertyOrder(-1)]
    public required int Items { get; init; }

    /// <summary>Writes the result as one JSON object.</summary>
    /// <param name="indented">Whether on several lines.</param>
    /// <returns>The JSON; standard errors that a single item does not have are null.</returns>
    public string ToJson(bool indented = false) => JsonSerializer.Serialize(this, GetType(), indented ? Indented : Compact);

    /// <summary>Writes the result to a JSON file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NemotronHException">It cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(ToJson(indented: true) + "\n"));

    private static JsonSerializerOptions Relaxed(bool indented) =>
        new(EvaluationJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = indented, NewLine = "\n" };
}
