using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>
/// How the pieces of several sequences lie in the chunks of one scan, made once a pass. Each piece begins a chunk of its own: no chunk holds
/// tokens of two sequences, so that nothing passes a border.
/// </summary>
internal sealed class ScanLayout : IDisposable
{
    private readonly Tensor? _source;
    private readonly Tensor? _target;

    /// <summary>Lays out pieces.</summary>
    /// <param name="lengths">Tokens of each piece, in the order of their rows; none is 0.</param>
    /// <param name="chunkSize">Most tokens of a chunk.</param>
    /// <param name="device">Device of the scan.</param>
    public ScanLayout(IReadOnlyList<int> lengths, int chunkSize, Device device)
    {
        Rows = lengths.Sum();
        ChunkSize = Math.Min(chunkSize, lengths.Max());
        Chunks = [.. lengths.Select(length => (int)(((long)length + ChunkSize - 1) / ChunkSize))];
        TotalChunks = Chunks.Sum();
        if (lengths.Count > 1)
        {
            long[] source = new long[TotalChunks * ChunkSize], target = new long[Rows];
            Array.Fill(source, Rows);
            int row = 0, place = 0;
            foreach ((int length, int chunks) in lengths.Zip(Chunks))
            {
                for (int i = 0; i < length; i++)
                {
                    source[place + i] = row + i;
                    target[row + i] = place + i;
                }

                row += length;
                place += chunks * ChunkSize;
            }

            _source = tensor(source, device: device);
            _target = tensor(target, device: device);
        }
    }

    /// <summary>Tokens of all pieces.</summary>
    public int Rows { get; }

    /// <summary>Tokens of a chunk, Q.</summary>
    public int ChunkSize { get; }

    /// <summary>Chunks of each piece.</summary>
    public IReadOnlyList<int> Chunks { get; }

    /// <summary>Chunks of all pieces.</summary>
    public int TotalChunks { get; }

    /// <summary>Cuts rows into chunks.</summary>
    /// <param name="rows">[T, ...].</param>
    /// <returns>[chunks, Q, ...], zero where a piece does not fill its last chunk.</returns>
    public Tensor Cut(Tensor rows)
    {
        long[] rest = rows.shape[1..];
        long padding = _source is null ? (TotalChunks * ChunkSize) - Rows : 1;
        Tensor padded = padding == 0 ? rows : cat([rows, zeros([padding, .. rest], rows.dtype, rows.device)], 0);
        return (_source is null ? padded : padded.index_select(0, _source)).view([TotalChunks, ChunkSize, .. rest]);
    }

    /// <summary>Puts what was computed in chunks back into rows.</summary>
    /// <param name="chunked">[chunks · Q, ...].</param>
    /// <returns>[T, ...].</returns>
    public Tensor Join(Tensor chunked) => _target is null ? chunked.narrow(0, 0, Rows) : chunked.index_select(0, _target);

    /// <inheritdoc/>
    public void Dispose()
    {
        _source?.Dispose();
        _target?.Dispose();
    }
}
