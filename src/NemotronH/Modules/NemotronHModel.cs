using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>A Nemotron-H language model: embeddings, blocks, final norm and output head.</summary>
public sealed class NemotronHModel : nn.Module<ForwardBatch, Tensor>
{
    private readonly DequantizationWorkspace _workspace;

    [ComponentName(Name = "embeddings")]
    private readonly EmbeddingMethod _embeddings;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<Block> _blocks;

    [ComponentName(Name = "norm_f")]
    private readonly RmsNorm _finalNorm;

    [ComponentName(Name = "lm_head")]
    private readonly LinearMethod? _head;

    /// <summary>Builds the model from stored weights.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="loader">Where the weights come from and go.</param>
    /// <param name="clampLikeHf">Whether prefill clamps dt at <c>time_step_min</c>, as HF transformers does.</param>
    /// <param name="progress">Told how many blocks are loaded, after each.</param>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public NemotronHModel(NemotronHConfig config, WeightLoader loader, bool clampLikeHf = false, IProgress<int>? progress = null)
        : base("backbone")
    {
        using var noGrad = no_grad();
        Config = config;
        Nvfp4Method = loader.Options.Nvfp4Method;
        _workspace = loader.Workspace;
        _embeddings = loader.LoadEmbedding("backbone.embeddings", config.VocabSize, config.HiddenSize);
        _blocks = new ModuleList<Block>();
        foreach (int index in Enumerable.Range(0, config.Layers.Length))
        {
            _blocks.Add(new Block(
                loader,
                $"backbone.layers.{index}",
                config.HiddenSize,
                config.LayerNormEpsilon,
                name => CreateMixer(loader, name, config, index, clampLikeHf)));
            progress?.Report(index + 1);
        }

        _finalNorm = new RmsNorm(loader, "backbone.norm_f", config.HiddenSize, config.LayerNormEpsilon);
        bool tied = config.TieWordEmbeddings && !loader.Has("lm_head");
        _head = tied ? null : loader.LoadLinear("lm_head", config.VocabSize, config.HiddenSize);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public NemotronHConfig Config { get; }

    /// <summary>How its NVFP4 weights were laid out to be applied.</summary>
    public Nvfp4Method Nvfp4Method { get; }

    /// <summary>The embedding table.</summary>
    internal EmbeddingMethod Embeddings => _embeddings;

    /// <summary>The blocks in order.</summary>
    internal IEnumerable<Block> Blocks => _blocks;

    /// <summary>The norm after the last block.</summary>
    internal RmsNorm FinalNorm => _finalNorm;

    /// <summary>The output head, or <see langword="null"/> where the embeddings serve as one.</summary>
    internal LinearMethod? Head => _head;

    /// <summary>Runs a batch through the blocks and advances its sequences.</summary>
    /// <param name="batch">Tokens of one or more sequences.</param>
    /// <returns>[T, H] hidden states after the final norm, in the compute dtype.</returns>
    public override Tensor forward(ForwardBatch batch)
    {
        using Tensor embedded = _embeddings.forward(batch.TokenIds);

        // Float32 whatever the config's residual_in_fp32 says: rounding the stream after each block would be the largest error of a bfloat16 run.
        Tensor residual = embedded.to(ScalarType.Float32);
        foreach (Block block in _blocks)
        {
            Tensor next = block.forward(residual, batch);
            residual.Dispose();
            residual = next;
        }

        using (residual)
        {
            batch.Advance();
            return _finalNorm.forward(residual);
        }
    }

    /// <summary>Scores hidden states against the vocabulary.</summary>
    /// <param name="hidden">[T, H] from <see cref="forward"/>, or rows of it.</param>
    /// <returns>[T, V] float32 logits.</returns>
    public Tensor ComputeLogits(Tensor hidden)
    {
        using Tensor logits = _head?.forward(hidden) ?? _embeddings.Score(hidden);
        return logits.to(ScalarType.Float32);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _workspace.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Mixer CreateMixer(WeightLoader loader, string name, NemotronHConfig config, int index, bool clampLikeHf)
    {
        LayerKind kind = config.Layers[index];
        int ordinal = config.Layers.Take(index).Count(other => other == kind);
        return kind switch
        {
            LayerKind.Mamba => new Mamba2Mixer(loader, name, config, ordinal, clampLikeHf),
            LayerKind.Attention => new Attention(loader, name, config, ordinal),
            LayerKind.Mlp => new Mlp(loader, name, config.HiddenSize, config.Mlp!.IntermediateSizes[ordinal]),
            LayerKind.MixtureOfExperts => new MixtureOfExperts(loader, name, config),
            _ => throw new ArgumentOutOfRangeException(nameof(config), kind, "Not a layer kind."),
        };
    }
}
