using NemotronH.Cli.Output;
using NemotronH.Configuration;

namespace NemotronH.Cli.Inspection;

/// <summary>Prints a <see cref="ModelReport"/> for people.</summary>
/// <param name="streams">Where to.</param>
internal sealed class ModelReportText(StandardStreams streams)
{
    private const string LayerPrefix = "backbone.layers.*.";

    /// <summary>Prints a report.</summary>
    public void Write(ModelReport report)
    {
        WriteSummary(report);
        WriteTensors(report.Tensors);
        if (report.Checkpoint is { } checkpoint)
        {
            WriteCheckpoint(checkpoint);
        }

        foreach (string note in report.Notes)
        {
            streams.Output.WriteLine($"note: {note}");
        }
    }

    private void WriteSummary(ModelReport report)
    {
        var table = new TextTable("", "");
        table.Add("model", report.Model);
        table.Add("layers", $"{report.Layers.Count}: {CountKinds(report)}");
        table.Add("pattern", report.Pattern);
        table.Add("hidden size", $"{report.HiddenSize}");
        table.Add("vocabulary", $"{report.VocabSize}");
        table.Add("context", $"{report.MaxContext} tokens");
        AddParameters(table, report.Parameters);
        AddBytes(table, report);
        table.Add("tokenizer", report.Tokenizer is { } tokenizer
            ? $"{tokenizer.VocabSize} tokens, {tokenizer.SpecialTokens} of them special; bos {Id(tokenizer.BosTokenId)}, eos {Id(tokenizer.EosTokenId)}"
            : "none");
        table.Add("weights on disk", report.Checkpoint is { } checkpoint ? $"{Units.Bytes(checkpoint.Bytes)} in {checkpoint.Tensors} tensors" : "none");
        table.WriteTo(streams);
    }

    private static void AddParameters(TextTable table, ParameterReport parameters)
    {
        table.Add("parameters", $"{Units.Count(parameters.Total)} ({parameters.Total:N0})");
        table.Add("  active per token", $"{Units.Count(parameters.Active)}");
        table.Add("  embeddings, head", $"{Units.Count(parameters.Embeddings)}");
        foreach (LayerKind kind in Enum.GetValues<LayerKind>())
        {
            if (parameters.Layers.TryGetValue(kind.Key(), out long count))
            {
                table.Add($"  {kind.Title()}", Units.Count(count));
            }
        }
    }

    private static void AddBytes(TextTable table, ModelReport report)
    {
        (WeightBytes weights, SequenceBytes sequence) = (report.WeightBytes, report.Sequence);
        table.Add("bytes of weights", $"bfloat16 {Units.Bytes(weights.Bfloat16)}; with all linear layers in fp8 {Units.Bytes(weights.Fp8)}, in nvfp4 {Units.Bytes(weights.Nvfp4)}");
        table.Add("per sequence", $"SSM state {Units.Bytes(sequence.SsmState)} (float32), conv state {Units.Bytes(sequence.ConvState)} (bfloat16)");
        table.Add("KV cache", $"{sequence.KvPerToken} B per token (bfloat16), {Units.Bytes(sequence.KvAtMaxContext)} at {report.MaxContext} tokens");
    }

    private void WriteTensors(IReadOnlyList<TensorGroup> tensors)
    {
        streams.Output.WriteLine();
        var table = new TextTable("tensor (* = each layer, expert)", "shape", ">count", ">parameters");
        foreach (TensorGroup tensor in tensors)
        {
            table.Add(Short(tensor.Name), $"[{string.Join(", ", tensor.Shape)}]", $"{tensor.Count}", Units.Count(tensor.Parameters));
        }

        table.WriteTo(streams);
    }

    private void WriteCheckpoint(CheckpointReport checkpoint)
    {
        streams.Output.WriteLine();
        ILookup<string, ModuleGroup> byName = checkpoint.Modules.ToLookup(module => module.Name);
        var table = new TextTable("module", "precision", ">count", ">bytes", "layers");
        foreach (ModuleGroup module in checkpoint.Modules)
        {
            int perLayer = module.Layers.Count == 0 ? 1 : module.Count / module.Layers.Count;
            string count = perLayer > 1 && perLayer * module.Layers.Count == module.Count ? $"{module.Layers.Count} x {perLayer}" : $"{module.Count}";
            bool isMixed = byName[module.Name].Count() > 1;
            table.Add(Short(module.Name), module.Precision, count, Units.Bytes(module.Bytes), isMixed ? string.Join(',', module.Layers) : "");
        }

        table.WriteTo(streams);
        foreach (SetAsidePart part in checkpoint.SetAside)
        {
            streams.Output.WriteLine($"set aside: {part.Tensors} {part.Part} tensors, {Units.Bytes(part.Bytes)}");
        }
    }

    private static string CountKinds(ModelReport report) => string.Join(", ", Enum.GetValues<LayerKind>()
        .Select(kind => (kind, Count: report.Layers.Count(layer => layer == kind.Key())))
        .Where(entry => entry.Count > 0)
        .Select(entry => $"{entry.Count} {entry.kind.Title()}"));

    private static string Short(string name) => name.StartsWith(LayerPrefix, StringComparison.Ordinal) ? $"*.{name[LayerPrefix.Length..]}" : name;

    private static string Id(int? id) => id?.ToString() ?? "none";
}
