using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>One decode step of one batch size: every launch from the tokens to the next tokens, over memory that does not move.</summary>
internal sealed class DecodeStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly EmbeddingLookupKernel _embed;
    private readonly DeviceWeight _table;
    private readonly Tensor _tokens;
    private readonly List<IStepLayer> _layers = [];
    private readonly StepNorm _finalNorm;
    private readonly DeviceLinear _head;
    private readonly SamplingStep _sampling;

    /// <summary>Compiles and prepares all launches.</summary>
    /// <param name="step">Memory and batch size.</param>
    /// <param name="model">The model, on the GPU.</param>
    /// <exception cref="NoDecodeStepException">A part of the model has no kernel; the message names it.</exception>
    public DecodeStep(StepContext step, NemotronHModel model)
    {
        _step = step;
        _tokens = step.Arena.Keep(step.State.Rows.TokenIds.narrow(0, 0, step.Batch));
        _table = Part("the embedding table", () => model.Embeddings.DeviceWeight);
        _embed = Part("the embedding table", () => new EmbeddingLookupKernel(
            step.Kernels, new EmbeddingLookupShape(step.Config.HiddenSize, step.Config.VocabSize, Format(_table.Layout))));
        _layers.AddRange(model.Blocks.Select(block => Part($"block '{block.GetName()}'", () => CreateLayer(block))));
        _finalNorm = Part("the final norm", () => new StepNorm(step, model.FinalNorm));
        _head = Part("the output head", () => model.Head is null
            ? step.Linear(_table, null, GemmEpilogue.Store)
            : step.Linear(model.Head, GemmEpilogue.Store));
        Logits = step.Arena.Take("logits", ScalarType.Float32, step.Batch, step.Config.VocabSize);
        _sampling = Part("the sampling of tokens", () => new SamplingStep(step, Logits));
    }

    /// <summary>[ring size, B] int32: the tokens of the last steps.</summary>
    public Tensor Ring => _sampling.Ring;

    /// <summary>[B, V] float32: where the step leaves the logits.</summary>
    public Tensor Logits { get; }

    /// <inheritdoc/>
    public void Launch(CudaStream stream) => Launch(stream, afterLayer: null);

    /// <summary>Queues the launches and tells when those of a block are queued.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="afterLayer">Called behind each block.</param>
    public void Launch(CudaStream stream, Action<IStepLayer>? afterLayer)
    {
        // Waits for the step before to end: kernels behind read slots, which that step's last kernel changes, before the one in front of them ends.
        _embed.Launch(stream, _step.Batch, _tokens, _table.Codes, _table.Scales, _table.GlobalScale, _step.Residual, programmatic: false);
        foreach (IStepLayer layer in _layers)
        {
            layer.Launch(stream);
            afterLayer?.Invoke(layer);
        }

        _finalNorm.Launch(stream);
        _head.Launch(stream, _step.Normed, Logits);
        _sampling.Launch(stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _layers.ForEach(layer => layer.Dispose());
        _head.Dispose();
    }

    private static EmbeddingFormat Format(WeightLayout layout) => layout switch
    {
        WeightLayout.Float32 => EmbeddingFormat.Float32,
        WeightLayout.BFloat16 => EmbeddingFormat.BFloat16,
        WeightLayout.Float8 => EmbeddingFormat.Fp8,
        WeightLayout.Nvfp4 => EmbeddingFormat.Nvfp4,
        _ => throw new NemotronHException($"an embedding table cannot be read as {layout}"),
    };

    /// <summary>Prepares a part of the step; a shape or format that its kernels refuse is told by the part's name.</summary>
    private static T Part<T>(string name, Func<T> create)
    {
        try
        {
            return create();
        }
        catch (Exception refusal) when (refusal is ArgumentException or NemotronHException and not CudaException)
        {
            throw new NoDecodeStepException($"{name} has no decode step: {refusal.Message.ReplaceLineEndings(" ")}", refusal);
        }
    }

    private IStepLayer CreateLayer(Block block) => block.Mixer switch
    {
        Mamba2Mixer mamba => new MambaStep(_step, block.Norm, mamba),
        Attention attention => new AttentionStep(_step, block.Norm, attention),
        Mlp mlp => new MlpStep(_step, block.Norm, mlp),
        MixtureOfExperts experts => new ExpertsStep(_step, block.Norm, experts),
        Mixer other => throw new NemotronHException($"a {other.GetType().Name} block has no decode step"),
    };
}
