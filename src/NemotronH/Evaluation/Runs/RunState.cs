using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NemotronH.Evaluation.Runs;

/// <summary>The records of a run: those that a state file held, and those that are added.</summary>
/// <typeparam name="TRecord">What is recorded of an item.</typeparam>
internal sealed class RunState<TRecord>
    where TRecord : class
{
    private readonly TRecord?[] _records;
    private readonly JsonTypeInfo<TRecord> _recordType;
    private readonly StateFile? _file;
    private readonly IProgress<RunProgress>? _progress;
    private int _done;

    public RunState(int itemCount, JsonTypeInfo<TRecord> recordType, StateFile? file, IProgress<RunProgress>? progress)
    {
        _records = new TRecord?[itemCount];
        _recordType = recordType;
        _file = file;
        _progress = progress;
        foreach (StateEntry entry in file?.Entries ?? [])
        {
            Restore(entry, file!);
        }

        Report();
    }

    public int ItemCount => _records.Length;

    /// <summary>All records in item order.</summary>
    /// <exception cref="InvalidOperationException">One is missing.</exception>
    public IReadOnlyList<TRecord> Records =>
        Array.ConvertAll(_records, record => record ?? throw new InvalidOperationException("An item has no record."));

    public bool IsDone(int item) => _records[item] is not null;

    public bool AllDone(int start, int end) => !_records.AsSpan(start..end).Contains(null);

    /// <summary>Keeps the records of items that have none; they are on the disk when this returns.</summary>
    public void AddMissing(IEnumerable<(int Item, TRecord Record)> records)
    {
        (int Item, TRecord Record)[] missing = [.. records.Where(entry => !IsDone(entry.Item))];
        if (missing.Length == 0)
        {
            return;
        }

        _file?.Append(missing.Select(entry => (entry.Item, JsonSerializer.SerializeToUtf8Bytes(entry.Record, _recordType))));
        foreach ((int item, TRecord record) in missing)
        {
            _records[item] = record;
        }

        _done += missing.Length;
        Report();
    }

    private void Restore(StateEntry entry, StateFile file)
    {
        if (entry.Item < 0 || entry.Item >= _records.Length)
        {
            throw file.Damaged(entry.Line, $"item is {entry.Item}; expected 0 to {_records.Length - 1}");
        }

        if (IsDone(entry.Item))
        {
            throw file.Damaged(entry.Line, $"item {entry.Item} is there twice");
        }

        try
        {
            _records[entry.Item] = entry.Record.Deserialize(_recordType) ?? throw file.Damaged(entry.Line, "the record is null");
        }
        catch (JsonException)
        {
            throw file.Damaged(entry.Line, $"the record of item {entry.Item} is not one of this task");
        }

        _done++;
    }

    private void Report() => _progress?.Report(new RunProgress(_done, _records.Length));
}
