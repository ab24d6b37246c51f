using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NemotronH.Evaluation;

namespace NemotronH.Tests.Evaluation;

/// <summary>Reads what a run recorded.</summary>
internal static class StateRecords
{
    /// <summary>The records in the order of items; fails if one is missing or there twice.</summary>
    public static IReadOnlyList<TRecord> Read<TRecord>(string path)
    {
        SortedDictionary<int, TRecord> records = [];
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            var type = (JsonTypeInfo<TRecord>)EvaluationJson.Default.GetTypeInfo(typeof(TRecord))!;
            records.Add(document.RootElement.GetProperty("item").GetInt32(), document.RootElement.GetProperty("record").Deserialize(type)!);
        }

        Assert.Equal(Enumerable.Range(0, records.Count), records.Keys);
        return [.. records.Values];
    }
}
