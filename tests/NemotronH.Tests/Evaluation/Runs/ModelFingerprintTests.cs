using NemotronH.Evaluation.Runs;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Evaluation.Runs;

public sealed class ModelFingerprintTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ModelFingerprintTests()
    {
        _directory.Write("config.json", "{}");
        _directory.Write("model.safetensors", new byte[3_000_000]);
        _directory.Write("notes.txt", "notes");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_same_files_have_the_same_fingerprint_whatever_lies_beside_them()
    {
        string before = ModelFingerprint.Compute(_directory.Path);
        _directory.Write("notes.txt", "other notes");
        File.SetLastWriteTime(_directory["model.safetensors"], DateTime.UnixEpoch);
        Assert.Equal(before, ModelFingerprint.Compute(_directory.Path));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("model-2.safetensors")]
    public void Another_or_changed_file_changes_it(string name)
    {
        string before = ModelFingerprint.Compute(_directory.Path);
        _directory.Write(name, "{ }");
        Assert.NotEqual(before, ModelFingerprint.Compute(_directory.Path));
    }

    [Fact]
    public void Other_weights_of_the_same_shape_change_it()
    {
        string before = ModelFingerprint.Compute(_directory.Path);
        byte[] weights = new byte[3_000_000];
        new Random(1).NextBytes(weights.AsSpan(2_000_000));
        _directory.Write("model.safetensors", weights);
        Assert.NotEqual(before, ModelFingerprint.Compute(_directory.Path));
    }
}
