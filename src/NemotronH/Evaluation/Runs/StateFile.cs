using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Checkpoints;

namespace NemotronH.Evaluation.Runs;

/// <summary>The records of finished items as JSON lines, behind a first line that says what run they belong to.</summary>
/// <remarks>
/// The file comes to be with its first line whole, and grows by whole lines that are flushed to the disk. Whatever stands behind the last line
/// end was being written when the program or the machine went down, and is cut off.
/// </remarks>
internal sealed class StateFile : IDisposable
{
    private const string Header = "nemotronh_eval";

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly bool _isNew;
    private bool _hasGrown;

    private StateFile(string path, FileStream stream, bool isNew)
    {
        _path = path;
        _stream = stream;
        _isNew = isNew;
    }

    /// <summary>What the file held when it was opened.</summary>
    public IReadOnlyList<StateEntry> Entries { get; private set; } = [];

    /// <summary>Opens a run's file, or begins one.</summary>
    /// <exception cref="EvaluationException">It belongs to another run, is in use, is damaged or is something else.</exception>
    public static StateFile Open(StateLocation location, RunIdentity identity)
    {
        string path = location.Path;
        bool isNew = location.Restart || !File.Exists(path);
        if (isNew)
        {
            AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(new JsonObject { [Header] = identity.ToJson() }.ToJsonString() + "\n"));
        }

        var file = new StateFile(path, OpenAlone(path), isNew);
        try
        {
            file.Read(identity);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a line for each item and puts them on the disk.</summary>
    public void Append(IEnumerable<(int Item, byte[] Record)> entries)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach ((int item, byte[] record) in entries)
        {
            lines.Write(Encoding.UTF8.GetBytes($"{{\"item\":{item},\"record\":"));
            lines.Write(record);
            lines.Write("}\n"u8);
        }

        FileAccessGuard.Writing(_path, () =>
        {
            _stream.Write(lines.WrittenSpan);
            _stream.Flush(flushToDisk: true);
        });
        _hasGrown = true;
    }

    /// <summary>The error for a line that cannot be.</summary>
    public EvaluationException Damaged(int line, string found) => new($"{_path}: line {line}: {found}; remove the file to begin anew (--restart)");

    /// <summary>Closes the file; one that was begun and holds no record is gone.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (_isNew && !_hasGrown)
        {
            File.Delete(_path);
        }
    }

    private static FileStream OpenAlone(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EvaluationException($"{path}: cannot be opened, perhaps another run uses it: {exception.Message}", exception);
        }
    }

    private void Read(RunIdentity identity)
    {
        byte[] content = new byte[_stream.Length];
        _stream.ReadExactly(content);
        int whole = content.AsSpan().LastIndexOf((byte)'\n') + 1;
        var entries = new List<StateEntry>();
        int number = 0;
        foreach (Range range in content.AsSpan(0, whole).Split((byte)'\n'))
        {
            if (number++ == 0)
            {
                RequireSameRun(content.AsSpan(range), identity);
            }
            else if (range.Start.Value < whole)
            {
                entries.Add(ParseEntry(content.AsSpan(range), number));
            }
        }

        _stream.SetLength(whole);
        _stream.Seek(0, SeekOrigin.End);
        Entries = entries;
    }

    private void RequireSameRun(ReadOnlySpan<byte> line, RunIdentity identity)
    {
        RunIdentity recorded = ParseIdentity(line)
            ?? throw new EvaluationException($"{_path}: is not the state of an evaluation; expected a first line with '{Header}'");
        if (identity.DifferenceOf(recorded) is string difference)
        {
            throw new EvaluationException(
                $"{_path}: holds the records of another run: {difference}; begin anew (--restart), or keep this run's state elsewhere (--state)");
        }
    }

    private static RunIdentity? ParseIdentity(ReadOnlySpan<byte> line)
    {
        try
        {
            if ((JsonNode.Parse(line) as JsonObject)?[Header] is not JsonObject facts)
            {
                return null;
            }

            // Nodes are read when they are asked for: only then do names that are there twice and halves of surrogate pairs show.
            var identity = new RunIdentity(facts);
            _ = identity.Facts.ToList();
            return identity;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private StateEntry ParseEntry(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            JsonElement entry = JsonSerializer.Deserialize(line, EvaluationJson.Default.JsonElement);
            return new StateEntry(number, entry.GetProperty("item").GetInt32(), entry.GetProperty("record"));
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Damaged(number, "is not the record of an item");
        }
    }
}
