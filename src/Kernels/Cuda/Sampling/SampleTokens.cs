using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Draws each row's next token: temperature, top-k, top-p and min-p in the order of HF transformers, exactly, without sorting.
/// </summary>
/// <remarks>
/// The n-th draw of a sequence uses the n-th number of SplitMix64 from its seed, against the running sum of the same float64 softmax
/// weights in the same order as the CPU's sampler: the ids are the CPU's, except where the random number lies within the rounding of a
/// sum (about 1e-12) of the border between two tokens. Sums are of fixed-point integers, so neither the batch nor the run changes a
/// choice.
/// </remarks>
public sealed class SampleTokens
{
    private const int Threads = 1024;

    /// <summary>CTAs of a row where they can read each other's shared memory.</summary>
    private const int LargestCluster = 8;

    /// <summary>So that weights in units of 2⁻⁴⁴ can be summed in 64 bits.</summary>
    private const int MaxVocabulary = 1 << 18;

    private readonly int _batch;
    private readonly int _vocabulary;
    private readonly int _cluster;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <param name="vocabulary">Number of tokens V, at most 262,144.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public SampleTokens(KernelLibrary library, int batch, int vocabulary)
    {
        StepBatch.Validate(batch);
        ValidateVocabulary(vocabulary);
        ArgumentNullException.ThrowIfNull(library);
        (_batch, _vocabulary, _cluster) = (batch, vocabulary, Cluster(library.Context.ComputeCapability));
        _kernel = library.Get(new KernelSource("sample_tokens.cu", ("CLUSTER", $"{_cluster}")), "sample_tokens");
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="logits">[B, V] float32.</param>
    /// <param name="rows">How each row is sampled; rows may differ, and may be greedy.</param>
    /// <param name="tokens">[B] int32, written; −1 where a row has a logit that is not finite.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(CudaStream stream, Tensor logits, SamplingRows rows, Tensor tokens, bool programmatic = false)
    {
        ArgumentNullException.ThrowIfNull(rows);
        TensorCheck.Expect(logits, nameof(logits), ScalarType.Float32, _batch, _vocabulary);
        TensorCheck.Expect(tokens, nameof(tokens), ScalarType.Int32, _batch);
        rows.Check(_batch);
        _kernel.Launch(
            stream, (_cluster, _batch), Threads, 0, programmatic,
            logits, _vocabulary, rows.Temperature, rows.TopK, rows.TopP, rows.MinP, rows.Seed, rows.Draws, tokens);
    }

    internal static void ValidateVocabulary(int vocabulary)
    {
        if (vocabulary is < 1 or > MaxVocabulary)
        {
            throw new ArgumentException($"The vocabulary has {vocabulary} tokens; expected 1 to {MaxVocabulary}.", nameof(vocabulary));
        }
    }

    /// <summary>Clusters exist from compute capability 9.0 on.</summary>
    internal static int Cluster(Version computeCapability) => computeCapability.Major >= 9 ? LargestCluster : 1;
}
