using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Loading;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Loading;

/// <summary>The reading of a checkpoint ahead through staging buffers, before tensors on the CPU.</summary>
public sealed class StagedSourceTests : IDisposable
{
    private const int BufferBytes = 32 << 10;

    // Wide enough that most matrices and their block scales are staged, in several segments each.
    private static readonly NemotronHConfig Config = TestConfigs.Tiny with
    {
        HiddenSize = 1024,
        VocabSize = 500,
        Moe = TestConfigs.Tiny.Moe! with { NumExperts = 6, LatentSize = null, IntermediateSize = 1024, SharedIntermediateSize = 320, Bias = false },
        Mamba = TestConfigs.Tiny.Mamba! with { NumHeads = 16, StateSize = 16, UseBias = false },
        Attention = TestConfigs.Tiny.Attention! with { HeadDim = 96 },
        Mlp = new MlpConfig { IntermediateSizes = [512] },
    };

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<RandomPrecision> Precisions => [RandomPrecision.BFloat16, RandomPrecision.Nvfp4, RandomPrecision.Fp8, RandomPrecision.Official];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Every_byte_is_that_of_the_file_and_buffers_stay_as_many_as_there_are(RandomPrecision precision)
    {
        using Checkpoint checkpoint = Write(precision);
        foreach ((int buffers, int readers) in new[] { (1, 1), (2, 3), (8, 3), (64, 4) })
        {
            using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(buffers, BufferBytes), readers);
            foreach (string name in LoadingOrder.Of(Config, checkpoint))
            {
                AssertSame(checkpoint, source, name);
            }

            Assert.Equal(0, source.DirectReads);
            Assert.True(source.StagedReads > 10);
            Assert.InRange(source.MostInUse, 1, buffers);
        }
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void A_model_asks_in_the_order_that_is_read_ahead(RandomPrecision precision)
    {
        using Checkpoint checkpoint = Write(precision);
        string[] expected = [.. LoadingOrder.Of(Config, checkpoint)];
        using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(4, BufferBytes), 2);
        using var model = new NemotronHModel(Config, new WeightLoader(source, new WeightOptions()));

        Assert.Equal(expected.Length, source.StagedReads);
        Assert.Equal(0, source.DirectReads);
        checkpoint.ThrowIfUnused("nothing");
    }

    [Fact]
    public void Another_order_gives_the_same_tensors_and_never_waits_for_ever()
    {
        using Checkpoint checkpoint = Write(RandomPrecision.Nvfp4);
        string[] names = [.. LoadingOrder.Of(Config, checkpoint)];
        foreach (int seed in Enumerable.Range(0, 5))
        {
            string[] shuffled = [.. names];
            new Random(seed).Shuffle(shuffled);
            using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(3, BufferBytes), 2);
            Array.ForEach(shuffled, name => AssertSame(checkpoint, source, name));
            Assert.Equal(names.Length, source.StagedReads + source.DirectReads);
        }
    }

    [Fact]
    public void A_file_that_became_shorter_is_named_with_the_tensor()
    {
        using Checkpoint checkpoint = Write(RandomPrecision.BFloat16);
        string last = LoadingOrder.Of(Config, checkpoint).Last();
        using (var file = new FileStream(checkpoint.Find(last).File.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(checkpoint.Find(last).File.FileOffset(checkpoint.OnDiskName(last)) + 100);
        }

        using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(4, BufferBytes), 2);
        var failure = Assert.Throws<CheckpointException>(() => source.Read(last));

        Assert.EndsWith($"the file became shorter while tensor '{last}' was read", failure.Message);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_leaves_no_buffers()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a mapped file cannot be deleted there");
        using Checkpoint checkpoint = Write(RandomPrecision.BFloat16);
        string path = checkpoint.Find(LoadingOrder.Of(Config, checkpoint).Last()).File.Path;
        File.Delete(path);
        var memory = new HostStagingMemory(4, BufferBytes);

        var failure = Assert.Throws<CheckpointException>(() => new StagedSource(checkpoint, Config, CPU, memory, 2));

        Assert.Contains(path, failure.Message);
        Assert.Throws<ObjectDisposedException>(() => memory[0].Length);
    }

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(8, 100_000, 4)]
    [InlineData(8, 2, 2)]
    public void No_more_threads_read_than_half_the_buffers(int buffers, int readers, int expected)
    {
        using Checkpoint checkpoint = Write(RandomPrecision.BFloat16);
        using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(buffers, BufferBytes), readers);

        Assert.Equal(expected, source.Readers);
    }

    [Fact]
    public void Loading_that_is_given_up_stops_its_readers_and_leaves_no_tensor()
    {
        using Checkpoint checkpoint = Write(RandomPrecision.Nvfp4);
        Settle();
        long before = Tensor.TotalCount;
        foreach (int after in new[] { 0, 3, 20 })
        {
            using var source = new StagedSource(checkpoint, Config, CPU, new HostStagingMemory(2, BufferBytes), 3);
            int reports = 0;
            var reporting = new ReportingSource(source, 1, new Report(_ =>
            {
                if (reports++ == after)
                {
                    throw new OperationCanceledException();
                }
            }));
            Assert.Throws<OperationCanceledException>(() => new NemotronHModel(Config, new WeightLoader(reporting, new WeightOptions())));
        }

        Settle();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Progress_ends_at_the_sum_of_all_tensors_and_never_falls()
    {
        using Checkpoint checkpoint = Write(RandomPrecision.Official);
        long total = checkpoint.Tensors.Sum(tensor => tensor.ByteCount);
        var reports = new List<LoadingProgress>();
        var source = new ReportingSource(checkpoint, total, new Report(reports.Add));
        using var model = new NemotronHModel(Config, new WeightLoader(source, new WeightOptions()));

        Assert.Equal(reports.Select(report => report.BytesDone).Order(), reports.Select(report => report.BytesDone));
        Assert.Equal(new LoadingProgress(total, total), reports[^1]);
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static void AssertSame(Checkpoint checkpoint, StagedSource source, string name)
    {
        using Tensor expected = checkpoint.Read(name), actual = source.Read(name);
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(Bytes(expected), Bytes(actual));
    }

    private static byte[] Bytes(Tensor tensor)
    {
        var bytes = new List<byte>();
        TensorBytes.ForEachSpan(tensor, span => bytes.AddRange(span));
        return [.. bytes];
    }

    private Checkpoint Write(RandomPrecision precision)
    {
        _directory.Write("config.json", "{}");
        string path = _directory[precision.ToString()];
        RandomCheckpoint.Write(Config, _directory.Path, path, new RandomCheckpointOptions { Seed = 3, Precision = precision, MaxShardBytes = 1 << 20 });
        return Checkpoint.Open(path);
    }

    private sealed class Report(Action<LoadingProgress> handle) : IProgress<LoadingProgress>
    {
        void IProgress<LoadingProgress>.Report(LoadingProgress value) => handle(value);
    }
}
