using NemotronH.Checkpoints.Safetensors;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Logits and greedy continuations that HF transformers computed for a checkpoint, in float32 (see <c>tools/README.md</c>).</summary>
internal sealed class ReferenceRecord : IDisposable
{
    private const double Tolerance = 2e-3;
    private const float NearTie = 4e-3f;
    private readonly SafetensorsFile _file;

    private ReferenceRecord(string path) => _file = SafetensorsFile.Open(path);

    /// <summary>What the reference was computed with.</summary>
    public static ModelOptions Float32 { get; } = new() { Device = CPU, Dtype = ScalarType.Float32 };

    /// <summary>Opens <c>reference.safetensors</c> beside a checkpoint.</summary>
    public static ReferenceRecord Beside(string checkpoint) => new(Path.Join(checkpoint, "reference.safetensors"));

    public static ReferenceRecord Open(string path) => new(path);

    /// <summary>Compares the logits of a checkpoint with those of the record beside it.</summary>
    /// <param name="checkpoint">The checkpoint's directory.</param>
    /// <param name="lengths">The lengths of prompts that the record must have.</param>
    public static void AssertLogits(string checkpoint, int[] lengths)
    {
        using LanguageModel model = LanguageModel.Load(checkpoint, Float32);
        using ReferenceRecord reference = Beside(checkpoint);
        Assert.Equal(lengths, reference.Lengths().Order());
        Assert.All(lengths, length => reference.AssertLogits(model, length));
    }

    /// <summary>Compares the greedy continuations of a checkpoint with those of the record beside it.</summary>
    /// <param name="checkpoint">The checkpoint's directory.</param>
    /// <param name="lengths">The lengths of the prompts.</param>
    public static void AssertGreedy(string checkpoint, int[] lengths)
    {
        using LanguageModel model = LanguageModel.Load(checkpoint, Float32);
        using ReferenceRecord reference = Beside(checkpoint);
        Assert.All(lengths, length => reference.AssertGreedy(model, length));
    }

    /// <summary>Lengths of the prompts that the record holds logits of.</summary>
    public int[] Lengths() => [.. _file.Tensors.Select(tensor => tensor.Name)
        .Where(name => name.StartsWith("ids_", StringComparison.Ordinal))
        .Select(name => int.Parse(name["ids_".Length..]))];

    public int[] Prompt(int length) => Ids($"ids_{length}");

    public Tensor Read(string name) => _file.Read(name);

    public void AssertLogits(LanguageModel model, int length, string suffix = "")
    {
        using Tensor expected = _file.Read($"logits_{length}{suffix}");
        using Tensor actual = model.ComputeLogits(Prompt(length));
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= Tolerance, $"Logits of {length} tokens differ by {difference}; expected at most {Tolerance}.");
    }

    /// <summary>Greedy ids are equal up to the first step at which the reference's two best logits are nearly equal.</summary>
    public void AssertGreedy(LanguageModel model, int length)
    {
        int[] expected = Ids($"greedy_{length}_ids");
        using Tensor gaps = _file.Read($"greedy_{length}_gaps");
        int comparable = gaps.data<float>().ToArray().TakeWhile(gap => gap > NearTie).Count();
        Assert.True(comparable > 0, "The record begins with a near tie.");

        using GenerationRun run = model.Start(Prompt(length), new GenerationOptions { MaxTokens = expected.Length, Temperature = 0, IgnoreEos = true });
        while (run.MoveNext())
        {
        }

        Assert.Equal(expected.Take(comparable), run.OutputIds.Take(comparable));
    }

    public void Dispose() => _file.Dispose();

    private int[] Ids(string name)
    {
        using Tensor ids = _file.Read(name);
        using Tensor wide = ids.to(ScalarType.Int64);
        return [.. wide.data<long>().ToArray().Select(id => (int)id)];
    }
}
