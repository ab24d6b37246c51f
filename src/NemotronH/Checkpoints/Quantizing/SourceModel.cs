using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>A checkpoint to be quantised: its tensors are there, of the right shapes, and plain numbers.</summary>
internal sealed class SourceModel : IDisposable
{
    private const string PlainNumbers = "BF16, F16 or F32";

    private readonly Checkpoint _checkpoint;

    private SourceModel(NemotronHConfig config, Checkpoint checkpoint)
    {
        Config = config;
        _checkpoint = checkpoint;
        RefuseQuantized();
        Tensors = [.. Match()];
        checkpoint.ThrowIfUnused($"the tensors of {config.Layers.Length} layers, embeddings, norm_f and lm_head");
        OtherParts = [.. MatchOtherParts()];
    }

    /// <summary>The model's shape.</summary>
    internal NemotronHConfig Config { get; }

    /// <summary>The language model's tensors in the order of the forward pass, one for each routed expert.</summary>
    internal IReadOnlyList<(PlannedTensor Planned, SourceTensor Source)> Tensors { get; }

    /// <summary>What else the checkpoint holds.</summary>
    internal IReadOnlyList<SourceTensor> OtherParts { get; }

    /// <summary>The first components of the names in <see cref="OtherParts"/>.</summary>
    internal IEnumerable<string> OtherRoots => OtherParts.Select(tensor => tensor.Info.Name.Split('.', 2)[0]).Distinct();

    /// <summary>Bytes of all tensors.</summary>
    internal long ByteCount => Tensors.Sum(tensor => tensor.Source.Info.ByteCount) + OtherParts.Sum(tensor => tensor.Info.ByteCount);

    /// <summary>Opens a model directory.</summary>
    /// <exception cref="ConfigurationException">
    /// There is no such directory, or its config is missing or describes no such model.
    /// </exception>
    /// <exception cref="CheckpointException">
    /// A tensor is missing, used by nothing, quantised already, or has another shape or type.
    /// </exception>
    internal static SourceModel Open(string directory)
    {
        NemotronHConfig config = NemotronHConfigReader.Load(directory);
        var checkpoint = Checkpoint.Open(directory);
        try
        {
            return new SourceModel(config, checkpoint);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public void Dispose() => _checkpoint.Dispose();

    private void RefuseQuantized()
    {
        if (QuantizationConfigReader.Read(_checkpoint.Path) is { } config && config.Algorithm != QuantizationAlgorithm.None)
        {
            throw AlreadyQuantized($"{Path.GetFileName(config.Source)} says {config.Algorithm}");
        }

        string[] companions = [QuantizedTensors.WeightScale, QuantizedTensors.WeightScale2, ".weight_packed", ".weight_scale_inv"];
        StoredTensorInfo? companion = _checkpoint.Tensors.FirstOrDefault(tensor => companions.Any(tensor.Name.EndsWith));
        if (companion is not null)
        {
            throw AlreadyQuantized($"there is a tensor {Message.Quote(_checkpoint.OnDiskName(companion.Name))}");
        }
    }

    private CheckpointException AlreadyQuantized(string evidence) =>
        new($"{_checkpoint.Path}: is quantised already ({evidence}), expected weights in {PlainNumbers}");

    private IEnumerable<(PlannedTensor Planned, SourceTensor Source)> Match()
    {
        List<string> missing = [];
        foreach (PlannedTensor planned in ModelTensorPlan.Enumerate(WithEveryBias(Config)))
        {
            if (Find(planned) is { } source)
            {
                yield return (planned, source);
            }
            else if (planned.Role is not (TensorRole.LinearBias or TensorRole.ConvBias))
            {
                missing.Add(planned.Name);
            }
        }

        _checkpoint.ThrowIfMissing(missing);
    }

    /// <summary>The tensors decide which biases there are, whatever the config promises.</summary>
    private static NemotronHConfig WithEveryBias(NemotronHConfig config) => config with
    {
        Mamba = config.Mamba is { } mamba ? mamba with { UseBias = true, UseConvBias = true } : null,
        Attention = config.Attention is { } attention ? attention with { Bias = true } : null,
        Mlp = config.Mlp is { } mlp ? mlp with { Bias = true } : null,
        Moe = config.Moe is { } moe ? moe with { Bias = true } : null,
    };

    private SourceTensor? Find(PlannedTensor planned)
    {
        if (_checkpoint.Describe(planned.Name) is { } stored)
        {
            Check(planned, stored, planned.Shape);
            return new SourceTensor(stored, _checkpoint.Use(planned.Name));
        }

        return planned.Role == TensorRole.ExpertWeight ? FindFused(planned) : null;
    }

    /// <summary>One of the experts that transformers 5 keeps in one tensor, [experts, rows, columns].</summary>
    private SourceTensor? FindFused(PlannedTensor planned)
    {
        // backbone.layers.1.mixer.experts.17.up_proj.weight is a part of backbone.layers.1.mixer.experts.up_proj.
        string[] parts = planned.Name.Split('.');
        string fused = string.Join('.', [.. parts[..^3], parts[^2]]);
        if (_checkpoint.Describe(fused) is not { } stored)
        {
            return null;
        }

        Check(planned, stored, [Config.Moe!.NumExperts, .. planned.Shape]);
        var expert = new StoredTensorInfo(planned.Name, stored.Dtype, planned.Shape);
        return new SourceTensor(expert, _checkpoint.Use(fused), long.Parse(parts[^3]) * expert.ByteCount);
    }

    private void Check(PlannedTensor planned, StoredTensorInfo stored, IReadOnlyList<long> shape)
    {
        bool isPlain = stored.Dtype is StoredDtype.BFloat16 or StoredDtype.Float16 or StoredDtype.Float32;
        if ((planned.IsQuantizable() && !isPlain) || !stored.Shape.SequenceEqual(shape))
        {
            throw new CheckpointException(
                $"{_checkpoint.Path}: tensor {Message.Quote(_checkpoint.OnDiskName(stored.Name))} is {Message.Describe(stored)}, "
                + $"expected {PlainNumbers} [{string.Join(", ", shape)}]");
        }
    }

    private IEnumerable<SourceTensor> MatchOtherParts()
    {
        HashSet<string> names = [];
        foreach (CheckpointTensor tensor in _checkpoint.OtherParts)
        {
            string name = ModuleNames.Canonicalize(tensor.OnDiskName);
            yield return names.Add(name)
                ? new SourceTensor(tensor.Info with { Name = name }, tensor)
                : throw new CheckpointException($"{_checkpoint.Path}: tensor {Message.Quote(name)} is there twice, expected one");
        }
    }
}
