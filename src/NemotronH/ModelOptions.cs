using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH;

/// <summary>How a model is loaded and run; each model has an object of its own, and nothing else configures it.</summary>
public sealed record ModelOptions
{
    /// <summary>Sequences that can be held at once, unless told otherwise.</summary>
    public const int DefaultMaxSequences = 1;

    /// <summary>Most prompt tokens per pass, unless told otherwise.</summary>
    public const int DefaultPrefillChunk = 512;

    /// <summary>
    /// A <see cref="PrefillChunk"/> that suits <see cref="FastPrefill"/>. The commands take it with <c>--fast-prefill</c>; here it must be set, as
    /// <see cref="FastPrefill"/> alone leaves <see cref="DefaultPrefillChunk"/>.
    /// </summary>
    public const int FastPrefillChunk = 8192;

    /// <summary>Makes the default options, and loads libtorch: a device or a type of TorchSharp's may be what a program touches next.</summary>
    /// <exception cref="NemotronHException">No usable libtorch is found.</exception>
    public ModelOptions() => LibTorch.EnsureLoaded();

    /// <summary>Where the model runs; <see langword="null"/> takes a GPU where there is one.</summary>
    public Device? Device { get; init; }

    /// <summary>Type of activations and unquantised weights, float32 or bfloat16; <see langword="null"/> takes bfloat16 on a GPU and float32 on the CPU.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>
    /// Type of cached keys and values: float32, bfloat16 or <see cref="Kernels.Interop.AtenInterop.Float8E4M3"/>; <see langword="null"/> takes the
    /// compute dtype.
    /// </summary>
    public ScalarType? KeyValueDtype { get; init; }

    /// <summary>
    /// How NVFP4 weights are applied; <see langword="null"/> takes fused kernels in bfloat16 on a GPU and dequantises elsewhere.
    /// </summary>
    public Nvfp4Method? Nvfp4Method { get; init; }

    /// <summary>How FP8 linear layers are applied.</summary>
    public Fp8Method Fp8Method { get; init; }

    /// <summary>Whether a GPU's decode step is replayed as one CUDA graph; else the same kernels are launched one after the other.</summary>
    public bool UseCudaGraph { get; init; } = true;

    /// <summary>Longest sequence in tokens; <see langword="null"/> takes the longest the model was made for.</summary>
    public int? MaxContext { get; init; }

    /// <summary>Sequences that can be held at once.</summary>
    public int MaxSequences { get; init; } = DefaultMaxSequences;

    /// <summary>Pages of the attention cache; <see langword="null"/> for as many as all sequences need at the longest context.</summary>
    internal int? CachePages { get; init; }

    /// <summary>
    /// Whether prompts on a GPU in bfloat16 take libtorch's flash attention over all pieces of a pass and its grouped products for experts: fast with
    /// thousands of tokens a pass. Without it each expert multiplies all tokens, and attention adds a mask.
    /// </summary>
    public bool FastPrefill { get; init; }

    /// <summary>
    /// Whether, with <see cref="FastPrefill"/>, quantised experts are held in the compute dtype too, so that prompts need not dequantise them pass by pass;
    /// about 55 GiB more for a 30B-A3B model.
    /// </summary>
    public bool ResidentExperts { get; init; }

    /// <summary>
    /// With <see cref="FastPrefill"/>, up to how many rows per expert, on average, prompts read NVFP4 experts as they lie, by a kernel of our own: tokens of
    /// a pass times experts of a token over experts. 0 never.
    /// </summary>
    public int PackedRowsPerExpert { get; init; }

    /// <summary>Most prompt tokens per pass; fewer where memory allows no more, see <see cref="LanguageModel.Memory"/>.</summary>
    public int PrefillChunk { get; init; } = DefaultPrefillChunk;

    /// <summary>
    /// Threads that read the checkpoint's files into pinned memory while weights are placed on a GPU, where host memory then stays at 512 MiB of buffers;
    /// 0 copies out of the mapped files. On the CPU weights stay in the mapped files.
    /// </summary>
    public int LoadReaders { get; init; }

    /// <summary>Whether prefill clamps dt at the config's <c>time_step_min</c>, as HF transformers does and no serving engine.</summary>
    public bool HfTimeStepClamp { get; init; }
}
