using NemotronH.Checkpoints.Quantizing;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Tests.Loading;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>Quantising holds buffers of fixed size, however large a matrix is.</summary>
[Trait("Category", "Long")]
public sealed class QuantizerMemoryTests
{
    /// <summary>32 pieces of codes and scales, and a widened piece for each processor, all under a tenth of the matrix.</summary>
    private const long Allowance = 100_000_000;

    [Fact]
    public void Memory_does_not_grow_with_the_matrix()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "RssAnon is read from /proc, which only Linux has.");
        using var directory = new TemporaryDirectory();
        NemotronHConfig config = QuantizableConfigs.SingleMlp(16) with { VocabSize = 500_000, HiddenSize = 1024 };
        new StoredModel().Write(directory["config"], config);
        RandomCheckpoint.Write(config, directory["config"], directory["source"]);
        GC.Collect();
        long before = AnonymousMemory.Read("RssAnon");

        using var memory = new AnonymousMemory();
        QuantizationSummary summary = CheckpointQuantizer.Quantize(directory["source"], directory["out"], QuantizationRecipes.Lightning);

        Assert.InRange(summary.SourceBytes, 2_000_000_000, 2_100_000_000);
        Assert.InRange(memory.Peak - before, 0, Allowance);
    }
}
