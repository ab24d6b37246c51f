using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What an <see cref="EmbeddingLookupKernel"/> is compiled for.</summary>
/// <param name="HiddenSize">Width H of an embedding; a multiple of 16 for NVFP4.</param>
/// <param name="VocabularySize">Rows V of the table.</param>
/// <param name="Format">How the table is held.</param>
public sealed record EmbeddingLookupShape(int HiddenSize, int VocabularySize, EmbeddingFormat Format)
{
    private const int BlockSize = 16;
    private const int MostThreads = 128;

    internal int Vector => ElementTypes.Vector(HiddenSize);

    internal int Threads => LaunchGeometry.Threads(HiddenSize / Vector, MostThreads);

    internal int Blocks => LaunchGeometry.Blocks(HiddenSize, Threads * Vector);

    internal bool IsQuantized => Format >= EmbeddingFormat.Fp8;

    internal ScalarType TableDtype => Format switch
    {
        EmbeddingFormat.Float32 => ScalarType.Float32,
        EmbeddingFormat.BFloat16 => ScalarType.BFloat16,
        _ => ScalarType.Byte,
    };

    /// <summary>Columns of the table's tensor.</summary>
    internal int TableWidth => Format == EmbeddingFormat.Nvfp4 ? HiddenSize / 2 : HiddenSize;

    /// <summary>Scales of a row of an NVFP4 table.</summary>
    internal int ScaleWidth => HiddenSize / BlockSize;

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HiddenSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(VocabularySize);
        if (Format == EmbeddingFormat.Nvfp4 && HiddenSize % BlockSize != 0)
        {
            throw new ArgumentException(
                $"An NVFP4 table has a width of {HiddenSize}; expected a multiple of {BlockSize}.", nameof(HiddenSize));
        }

        return new KernelSource(
            "embedding_lookup.cu",
            ElementTypes.Define("HIDDEN", HiddenSize),
            ElementTypes.Define("VOCABULARY", VocabularySize),
            ElementTypes.Define("VEC", Vector),
            ElementTypes.Define("THREADS", Threads),
            ElementTypes.Define("TABLE", (int)Format));
    }
}
