using NemotronH.Checkpoints;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Text;

namespace NemotronH.Cli.Inspection;

/// <summary>Looks at a model's directory without loading weights.</summary>
internal static class ModelInspector
{
    private const int BFloat16Size = 2, Float32Size = 4;

    /// <summary>Describes a model.</summary>
    /// <param name="directory">A directory with at least a <c>config.json</c>.</param>
    /// <exception cref="NemotronHException">A file is missing or not what it should be.</exception>
    public static ModelReport Inspect(string directory)
    {
        NemotronHConfig config = NemotronHConfigReader.Load(directory);
        var footprint = ModelFootprint.Of(config);
        return new ModelReport(
            directory,
            [.. config.Layers.Select(kind => kind.Key())],
            string.Concat(config.Layers.Select(kind => kind.Letter())),
            config.HiddenSize,
            config.VocabSize,
            config.MaxPositionEmbeddings,
            GroupTensors(config),
            new ParameterReport(
                footprint.Parameters,
                footprint.ActiveParameters,
                footprint.EmbeddingParameters,
                footprint.ParametersByKind.ToDictionary(entry => entry.Key.Key(), entry => entry.Value)),
            new WeightBytes(footprint.BFloat16Bytes, footprint.Float8Bytes, footprint.Nvfp4Bytes),
            new SequenceBytes(
                footprint.SsmStateBytes,
                footprint.ConvStateBytes(Float32Size),
                footprint.KeyValueBytes(1, BFloat16Size),
                footprint.KeyValueBytes(config.MaxPositionEmbeddings, BFloat16Size)),
            InspectCheckpoint(directory),
            InspectTokenizer(directory),
            config.Notes);
    }

    private static TensorGroup[] GroupTensors(NemotronHConfig config) =>
    [
        .. ModelTensorPlan.Enumerate(config)
            .GroupBy(tensor => (IndexedName.Of(tensor.Name).Pattern, Shape: string.Join(',', tensor.Shape)))
            .Select(group => new TensorGroup(
                group.Key.Pattern, group.First().Shape, group.Count(), group.Sum(tensor => tensor.ElementCount))),
    ];

    private static CheckpointReport? InspectCheckpoint(string directory)
    {
        // The index counts too: where it names files that are missing, that is an error and not a model without weights.
        if (!Directory.EnumerateFiles(directory, "*.safetensors*").Any())
        {
            return null;
        }

        using var checkpoint = Checkpoint.Open(directory);
        return new CheckpointReport(
            checkpoint.Tensors.Count(),
            checkpoint.Tensors.Sum(tensor => tensor.ByteCount),
            GroupModules(checkpoint.Tensors),
            [.. checkpoint.SetAside.Select(part => new SetAsidePart(part.Part, part.Count, part.ByteCount))]);
    }

    private static ModuleGroup[] GroupModules(IEnumerable<StoredTensorInfo> tensors) =>
    [
        .. tensors
            .GroupBy(tensor => ModulePrecision.ModuleOf(tensor.Name))
            .Select(module => (
                Name: IndexedName.Of(module.Key),
                Precision: ModulePrecision.Of(module.Key, [.. module]),
                Bytes: module.Sum(tensor => tensor.ByteCount)))
            .GroupBy(module => (module.Name.Pattern, module.Precision))
            .Select(group => new ModuleGroup(
                group.Key.Pattern,
                group.Key.Precision,
                group.Count(),
                group.Sum(module => module.Bytes),
                [.. group.Select(module => module.Name.Layer).OfType<int>().Distinct().Order()]))
            .OrderBy(group => group.Name, StringComparer.Ordinal),
    ];

    private static TokenizerReport? InspectTokenizer(string directory)
    {
        if (!File.Exists(Path.Join(directory, "tokenizer.json")))
        {
            return null;
        }

        var tokenizer = Tokenizer.Load(directory);
        return new TokenizerReport(tokenizer.VocabularySize, tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.SpecialTokenIds.Count);
    }
}
