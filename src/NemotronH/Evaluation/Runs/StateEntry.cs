using System.Text.Json;

namespace NemotronH.Evaluation.Runs;

/// <summary>A line of a state file.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Item">The item's index.</param>
/// <param name="Record">What was recorded of it.</param>
internal readonly record struct StateEntry(int Line, int Item, JsonElement Record);
