using System.Text.Json.Nodes;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Tests.Configuration;
using NemotronH.Tests.Text;
using static TorchSharp.torch;
using TemporaryDirectory = NemotronH.Tests.Checkpoints.TemporaryDirectory;

namespace NemotronH.Tests.Evaluation;

/// <summary>A directory with small random checkpoints that have a tokenizer of bytes, a few merges and the special tokens of chat.</summary>
internal sealed class EvaluationModel : IDisposable
{
    private readonly List<LanguageModel> _models = [];

    public TemporaryDirectory Directory { get; } = new();

    /// <summary>Writes a checkpoint and loads it.</summary>
    public LanguageModel Load(ulong seed = 17, int maxSequences = 4, int maxContext = 512, int prefillChunk = 512, int vocabulary = 300)
    {
        string name = $"model-{seed}-{vocabulary}";
        if (!System.IO.Directory.Exists(Directory[name]))
        {
            Write(name, seed, vocabulary);
        }

        var model = LanguageModel.Load(Directory[name], new ModelOptions
        {
            Device = CPU,
            MaxSequences = maxSequences,
            MaxContext = maxContext,
            PrefillChunk = prefillChunk,
        });
        _models.Add(model);
        return model;
    }

    public void Dispose()
    {
        _models.ForEach(model => model.Dispose());
        Directory.Dispose();
    }

    private void Write(string name, ulong seed, int vocabulary)
    {
        string source = Directory[$"{name}-source"];
        System.IO.Directory.CreateDirectory(source);
        string config = TinyConfig.With("vocab_size", $"{vocabulary}", "hybrid_override_pattern", "\"M*-EM\"", "eos_token_id", "2");
        File.WriteAllText(Path.Join(source, "config.json"), config);
        File.WriteAllText(Path.Join(source, "tokenizer.json"), Tokenizer().ToJsonString());
        File.WriteAllText(Path.Join(source, "tokenizer_config.json"), """{"eos_token":"<|im_end|>"}""");
        RandomCheckpoint.Write(NemotronHConfigReader.Parse(config, "config.json"), source, Directory[name], new RandomCheckpointOptions { Seed = seed });
    }

    /// <summary>One letter behind a space is one token, but D is two.</summary>
    public static JsonObject Tokenizer() => TokenizerJson.Create("Ġ A", "Ġ B", "Ġ C", "Ġ t", "Ġt h", "Ġth e", "i n", "e r")
        .WithTokens(("<|im_start|>", "special"), ("<|im_end|>", "special"), ("<think>", ""), ("</think>", ""));
}
