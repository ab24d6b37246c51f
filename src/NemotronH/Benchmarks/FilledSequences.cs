using NemotronH.Caching;
using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>Sequences that stand at a position as if a prompt had been run: their states, keys and values are random numbers, not zeros.</summary>
/// <remarks>Seeds libtorch's random numbers: whatever is decoded from the same place is decoded from the same numbers.</remarks>
internal sealed class FilledSequences : IDisposable
{
    // E4M3 codes of magnitudes from 0.5 to 1.875, of either sign.
    private const int CodeMask = 0x8F, CodeBits = 0x30;

    private readonly ModelCache _cache;
    private readonly List<(CachedSequence Sequence, int Token)> _rows = [];
    private readonly int _position;

    /// <summary>Adds sequences to a cache and fills it.</summary>
    /// <param name="cache">The cache, with room for them.</param>
    /// <param name="count">How many sequences.</param>
    /// <param name="position">Tokens that each holds.</param>
    /// <param name="room">Tokens that are going to be decoded.</param>
    /// <param name="vocabulary">Tokens to draw each sequence's next one from.</param>
    public FilledSequences(ModelCache cache, int count, int position, int room, int vocabulary)
    {
        using var noGrad = no_grad();
        var random = new Random(count);
        _cache = cache;
        _position = position;
        for (int i = 0; i < count; i++)
        {
            CachedSequence sequence = cache.Add();
            cache.Reserve(sequence, position + room);
            _rows.Add((sequence, random.Next(vocabulary)));
        }

        Seed();
        FillKeyValues();
        Rewind();
    }

    /// <summary>The sequences and their next tokens.</summary>
    public IReadOnlyList<(CachedSequence Sequence, int Token)> Rows => _rows;

    /// <summary>Puts all sequences back where they stood, with the states that they had there. What was decoded since counts no more.</summary>
    public void Rewind()
    {
        _rows.ForEach(row => row.Sequence.Length = _position);
        using var noGrad = no_grad();
        Seed();
        for (int layer = 0; layer < _cache.MambaLayers; layer++)
        {
            Randomize(_cache.Mamba(layer).Conv);
            Randomize(_cache.Mamba(layer).Ssm);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.ForEach(row => _cache.Remove(row.Sequence));

    /// <summary>Seeds the device's numbers, too: TorchSharp's first function seeds the CPU's alone.</summary>
    private void Seed()
    {
        manual_seed(_rows.Count);
        if (_cache.Options.Device.type == DeviceType.CUDA)
        {
            cuda.manual_seed_all(_rows.Count);
        }
    }

    private void FillKeyValues()
    {
        using var scope = NewDisposeScope();
        for (int layer = 0; layer < _cache.AttentionLayers; layer++)
        {
            Randomize(_cache.KeyValues(layer).Keys);
            Randomize(_cache.KeyValues(layer).Values);
        }
    }

    private void Randomize(Tensor memory)
    {
        if (_cache.Options.KeyValueDtype != AtenInterop.Float8E4M3 || memory.dtype != ScalarType.Byte)
        {
            memory.normal_(0, 1);
            return;
        }

        Tensor mask = tensor(CodeMask, ScalarType.Byte, memory.device), bits = tensor(CodeBits, ScalarType.Byte, memory.device);
        memory.random_(0, 1 << 8).bitwise_and_(mask).bitwise_or_(bits);
    }
}
