using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;
using NemotronH.Tests.Checkpoints;
using static TorchSharp.torch;

namespace NemotronH.Tests.Loading;

/// <summary>Checkpoints whose tensors do not fit their config.</summary>
public sealed class MismatchedCheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, Tensor> _tensors = [];

    public MismatchedCheckpointTests()
    {
        _directory.Write("config.json", File.ReadAllText(Fixtures.File("hf", "nano", "config.json")));
        using SafetensorsFile file = SafetensorsFile.Open(Fixtures.File("hf", "nano", "model.safetensors"));
        foreach (StoredTensorInfo tensor in file.Tensors)
        {
            using Tensor read = file.Read(tensor.Name);
            _tensors[tensor.Name] = read.clone();
        }
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _directory.Dispose();
    }

    [Fact]
    public void Missing_tensors_are_named_the_first_few_of_them()
    {
        foreach (string name in _tensors.Keys.Where(name => name.Contains("layers.0.mixer", StringComparison.Ordinal)).ToArray())
        {
            Remove(name);
        }

        string message = LoadError();

        Assert.Contains("tensors are missing", message, StringComparison.Ordinal);
        Assert.Contains("backbone.layers.0.mixer.in_proj.weight", message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fused_experts_that_are_missing_are_named()
    {
        Remove("model.layers.1.mixer.experts.down_proj");

        Assert.Contains("backbone.layers.1.mixer.experts.0.down_proj.weight", LoadError(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_nothing_uses_is_named_as_it_is_on_disk()
    {
        _tensors["model.layers.0.mixer.surprise.weight"] = ones(3);

        Assert.Contains("'model.layers.0.mixer.surprise.weight'", LoadError(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_what_was_found_and_expected()
    {
        Remove("model.norm_f.weight");
        _tensors["model.norm_f.weight"] = ones(63);

        Assert.Equal("tensor 'backbone.norm_f.weight' has shape [63]; expected [64]", LoadError());
    }

    private void Remove(string name)
    {
        Assert.True(_tensors.Remove(name, out Tensor? tensor), $"The fixture has no {name}.");
        tensor.Dispose();
    }

    private string LoadError()
    {
        StoredTensorInfo[] infos = [.. _tensors.Select(pair => new StoredTensorInfo(pair.Key, pair.Value.dtype.ToStoredDtype(), pair.Value.shape))];
        using (var writer = new ShardedCheckpointWriter(_directory["model"], infos))
        {
            writer.AddFile("config.json", File.ReadAllBytes(_directory["config.json"]));
            foreach ((string name, Tensor tensor) in _tensors)
            {
                writer.Write(name, tensor);
            }

            writer.Complete();
        }

        return Assert.ThrowsAny<NemotronHException>(() => LanguageModel.Load(_directory["model"])).Message;
    }
}
