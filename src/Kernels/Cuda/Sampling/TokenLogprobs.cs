using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Each row's chosen token's log probability: log softmax of the logits as they are, before temperature and filters; also for greedy rows.
/// </summary>
public sealed class TokenLogprobs
{
    private const int Threads = 1024;

    private readonly int _batch;
    private readonly int _vocabulary;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <param name="vocabulary">Number of tokens V.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public TokenLogprobs(KernelLibrary library, int batch, int vocabulary)
    {
        StepBatch.Validate(batch);
        SampleTokens.ValidateVocabulary(vocabulary);
        ArgumentNullException.ThrowIfNull(library);
        (_batch, _vocabulary) = (batch, vocabulary);
        _kernel = library.Get(new KernelSource("token_logprobs.cu"), "token_logprobs");
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="logits">[B, V] float32.</param>
    /// <param name="tokens">[B] int32, each less than V.</param>
    /// <param name="logprobs">[B] float32, written; NaN for a token of −1.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(CudaStream stream, Tensor logits, Tensor tokens, Tensor logprobs, bool programmatic = false)
    {
        TensorCheck.Expect(logits, nameof(logits), ScalarType.Float32, _batch, _vocabulary);
        TensorCheck.Expect(tokens, nameof(tokens), ScalarType.Int32, _batch);
        TensorCheck.Expect(logprobs, nameof(logprobs), ScalarType.Float32, _batch);
        _kernel.Launch(stream, _batch, Threads, 0, programmatic, logits, _vocabulary, tokens, logprobs);
    }
}
