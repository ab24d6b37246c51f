using Microsoft.Win32.SafeHandles;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Loading;

/// <summary>
/// Reads segments of files with several threads ahead of the one that takes them, no further than there are staging buffers. Segments are read in
/// order and can be taken in order; what is passed over is given up, so that its buffer serves what comes.
/// </summary>
/// <remarks>One thread takes. It can wait for any segment that it has not passed: the readers' next buffer goes to the first of those.</remarks>
internal sealed class ReadAhead : IDisposable
{
    private readonly object _gate = new();
    private readonly IReadOnlyList<FileSegment> _segments;
    private readonly StagingMemory _memory;
    private readonly Dictionary<string, SafeFileHandle> _files = [];
    private readonly Stack<int> _free;
    private readonly Dictionary<int, int> _filled = [];
    private readonly Dictionary<int, Exception> _failed = [];
    private readonly Thread[] _readers;
    private int _next;
    private int _position;
    private bool _stopped;

    /// <summary>Opens the files and begins to read.</summary>
    /// <param name="segments">What to read, in the order in which it will be taken.</param>
    /// <param name="memory">Buffers, each at least as long as the longest segment; stays the caller's.</param>
    /// <param name="readers">How many threads.</param>
    /// <exception cref="CheckpointException">A file cannot be opened.</exception>
    public ReadAhead(IReadOnlyList<FileSegment> segments, StagingMemory memory, int readers)
    {
        _segments = segments;
        _memory = memory;
        _free = new Stack<int>(Enumerable.Range(0, memory.Count));
        try
        {
            foreach (string path in segments.Select(segment => segment.Tensor.File.Path).Distinct())
            {
                _files.Add(path, FileAccessGuard.Reading(path, () => File.OpenHandle(path)));
            }
        }
        catch
        {
            CloseFiles();
            throw;
        }

        _readers = [.. Enumerable.Range(0, readers).Select(i => new Thread(Read) { IsBackground = true, Name = $"checkpoint reader {i}" })];
        Array.ForEach(_readers, reader => reader.Start());
    }

    /// <summary>Most buffers that were in use at once.</summary>
    public int MostInUse { get; private set; }

    /// <summary>How many threads read.</summary>
    public int Readers => _readers.Length;

    /// <summary>Waits until a segment is read.</summary>
    /// <param name="segment">Its number.</param>
    /// <returns>The buffer that holds it, to be given back; <see langword="null"/> where the segment was passed over before and is not there.</returns>
    /// <exception cref="CheckpointException">It could not be read; the message names the tensor.</exception>
    public int? Take(int segment)
    {
        lock (_gate)
        {
            if (segment < _position)
            {
                return null;
            }

            PassOver(segment);
            while (!_filled.ContainsKey(segment) && !_failed.ContainsKey(segment))
            {
                Monitor.Wait(_gate);
            }

            _position = segment + 1;
            return _failed.TryGetValue(segment, out Exception? failure) ? throw Failure(_segments[segment], failure) : TakeFilled(segment);
        }
    }

    /// <summary>Gives a buffer back that <see cref="Take"/> gave.</summary>
    /// <param name="buffer">The buffer.</param>
    public void Return(int buffer)
    {
        lock (_gate)
        {
            _free.Push(buffer);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Stops the readers, waits for them, and closes the files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        Array.ForEach(_readers, reader => reader.Join());
        CloseFiles();
    }

    private static CheckpointException Failure(FileSegment segment, Exception cause) => cause as CheckpointException
        ?? new($"{segment.Tensor.File.Path}: tensor {Message.Quote(segment.Tensor.OnDiskName)} cannot be read: {cause.Message}", cause);

    private void CloseFiles()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }
    }

    private void Read()
    {
        while (Begin() is (int segment, int buffer))
        {
            Exception? failure = null;
            try
            {
                Fill(_segments[segment], _memory[buffer]);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            End(segment, buffer, failure);
        }
    }

    private (int Segment, int Buffer)? Begin()
    {
        lock (_gate)
        {
            while (!_stopped && _next < _segments.Count && _free.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            if (_stopped || _next >= _segments.Count)
            {
                return null;
            }

            (int, int) work = (_next++, _free.Pop());
            MostInUse = Math.Max(MostInUse, _memory.Count - _free.Count);
            return work;
        }
    }

    private void End(int segment, int buffer, Exception? failure)
    {
        lock (_gate)
        {
            if (segment < _position || failure is not null)
            {
                _free.Push(buffer);
            }
            else
            {
                _filled.Add(segment, buffer);
            }

            if (failure is not null)
            {
                _failed.Add(segment, failure);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Gives up all segments before one.</summary>
    private void PassOver(int segment)
    {
        foreach (int passed in _filled.Keys.Where(filled => filled < segment).ToArray())
        {
            _free.Push(TakeFilled(passed));
        }

        _position = segment;
        _next = Math.Max(_next, segment);
        Monitor.PulseAll(_gate);
    }

    private int TakeFilled(int segment)
    {
        _filled.Remove(segment, out int buffer);
        return buffer;
    }

    private void Fill(FileSegment segment, Span<byte> buffer)
    {
        SafeFileHandle file = _files[segment.Tensor.File.Path];
        long offset = segment.FileOffset;
        for (Span<byte> rest = buffer[..segment.Length]; !rest.IsEmpty;)
        {
            int read = RandomAccess.Read(file, rest, offset);
            if (read == 0)
            {
                throw new CheckpointException(
                    $"{segment.Tensor.File.Path}: the file became shorter while tensor {Message.Quote(segment.Tensor.OnDiskName)} was read");
            }

            rest = rest[read..];
            offset += read;
        }
    }
}
