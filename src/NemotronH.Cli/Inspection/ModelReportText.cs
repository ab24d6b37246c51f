using NemotronH.Cli.Output;
using NemotronH.Configuration;

namespace NemotronH.Cli.Inspection;

/// <summary>Prints a <see cref="ModelReport"/> for people.</summary>
/// <param name="output">Where to.</param>
internal sealed class ModelReportText(TextWriter output)
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
            output.WriteLine($"note: {note}");
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
        table.Add("tokenizer", report.Tokenizer is { } tokenizer ? Describe(tokenizer) : "none");
        table.Add("weights on disk", report.Checkpoint is { } files ? $"{Units.Bytes(files.Bytes)} in {files.Tensors} tensors" : "none");
        table.WriteTo(output);
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
        table.Add("bytes of weights", $"{Units.Bytes(weights.Bfloat16)} in bfloat16");
        table.Add("  linear in fp8", Units.Bytes(weights.Fp8));
        table.Add("  linear in nvfp4", Units.Bytes(weights.Nvfp4));
        table.Add("bytes per sequence", $"{Units.Bytes(sequence.SsmState)} SSM state (float32)");
        table.Add("", $"{Units.Bytes(sequence.ConvState)} conv state (float32)");
        table.Add("", $"{sequence.KvPerToken} B KV cache per token (bfloat16)");
        table.Add("", $"{Units.Bytes(sequence.KvAtMaxContext)} KV cache at {report.MaxContext} tokens (bfloat16)");
    }

    private void WriteTensors(IReadOnlyList<TensorGroup> tensors)
    {
        output.WriteLine();
        var table = new TextTable("tensor (* = each layer, expert)", "shape", ">count", ">parameters");
        foreach (TensorGroup tensor in tensors)
        {
            table.Add(Short(tensor.Name), $"[{string.Join(", ", tensor.Shape)}]", $"{tensor.Count}", Units.Count(tensor.Parameters));
        }

        table.WriteTo(output);
    }

    private void WriteCheckpoint(CheckpointReport checkpoint)
    {
        output.WriteLine();
        ILookup<string, ModuleGroup> byName = checkpoint.Modules.ToLookup(module => module.Name);
        var table = new TextTable("module", "precision", ">count", ">bytes", "layers");
        foreach (ModuleGroup module in checkpoint.Modules)
        {
            string layers = byName[module.Name].Count() > 1 ? string.Join(',', module.Layers) : "";
            table.Add(Short(module.Name), module.Precision, CountPerLayer(module), Units.Bytes(module.Bytes), layers);
        }

        table.WriteTo(output);
        foreach (SetAsidePart part in checkpoint.SetAside)
        {
            output.WriteLine($"set aside: {part.Tensors} {part.Part} tensors, {Units.Bytes(part.Bytes)}");
        }
    }

    /// <summary>How many modules there are, as in <c>23 x 128</c> where each of 23 layers has 128.</summary>
    private static string CountPerLayer(ModuleGroup module)
    {
        int layers = Math.Max(1, module.Layers.Count);
        return module.Count > layers && module.Count % layers == 0 ? $"{layers} x {module.Count / layers}" : $"{module.Count}";
    }

    private static string Describe(TokenizerReport tokenizer) =>
        $"{tokenizer.VocabSize} tokens, {tokenizer.SpecialTokens} of them special; "
        + $"bos {Id(tokenizer.BosTokenId)}, eos {Id(tokenizer.EosTokenId)}";

    private static string CountKinds(ModelReport report) => string.Join(", ", Enum.GetValues<LayerKind>()
        .Select(kind => (kind, Count: report.Layers.Count(layer => layer == kind.Key())))
        .Where(entry => entry.Count > 0)
        .Select(entry => $"{entry.Count} {entry.kind.Title()}"));

    private static string Short(string name) =>
        name.StartsWith(LayerPrefix, StringComparison.Ordinal) ? $"*.{name[LayerPrefix.Length..]}" : name;

    private static string Id(int? id) => id?.ToString() ?? "none";
}
