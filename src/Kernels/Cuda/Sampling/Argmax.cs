using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Takes each row's most likely token, of equally likely ones the lowest, in one launch that splits rows over many multiprocessors.
/// </summary>
public sealed class Argmax
{
    private const int Threads = 256;

    /// <summary>A CTA's logits come in steps of this many: eight loads of each thread.</summary>
    private const int Step = Threads * 8;

    private readonly int _batch;
    private readonly int _vocabulary;
    private readonly int _part;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public Argmax(KernelLibrary library, int batch, int vocabulary)
    {
        StepBatch.Validate(batch);
        SampleTokens.ValidateVocabulary(vocabulary);
        ArgumentNullException.ThrowIfNull(library);
        (_batch, _vocabulary, _part) = (batch, vocabulary, Part(batch, vocabulary, library.Context.MultiprocessorCount));
        _kernel = library.Get(new KernelSource("argmax.cu"), "argmax");
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="logits">[B, V] float32.</param>
    /// <param name="best">[B] int64, scratch: zeros before the first launch and after each.</param>
    /// <param name="arrivals">[B] int32, scratch: zeros before the first launch and after each.</param>
    /// <param name="tokens">[B] int32, written; −1 where a row has a logit that is not finite.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(CudaStream stream, Tensor logits, Tensor best, Tensor arrivals, Tensor tokens, bool programmatic = false)
    {
        TensorCheck.Expect(logits, nameof(logits), ScalarType.Float32, _batch, _vocabulary);
        TensorCheck.Expect(best, nameof(best), ScalarType.Int64, _batch);
        TensorCheck.Expect(arrivals, nameof(arrivals), ScalarType.Int32, _batch);
        TensorCheck.Expect(tokens, nameof(tokens), ScalarType.Int32, _batch);
        Dim3 grid = (LaunchGeometry.Blocks(_vocabulary, _part), _batch);
        _kernel.Launch(stream, grid, Threads, 0, programmatic, logits, _vocabulary, _part, best, arrivals, tokens);
    }

    /// <summary>Logits of a CTA: so many that there are about two CTAs for each multiprocessor, whatever the batch.</summary>
    internal static int Part(int batch, int vocabulary, int multiprocessors)
    {
        int parts = Math.Max(1, 2 * multiprocessors / batch);
        return LaunchGeometry.RoundUp(LaunchGeometry.Blocks(vocabulary, parts), Step);
    }
}
