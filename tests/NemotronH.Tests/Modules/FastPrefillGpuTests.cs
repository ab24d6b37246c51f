using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Loading;
using NemotronH.Configuration;
using NemotronH.Kernels.Interop;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Prompts on a GPU by flash attention and grouped products, held to the plain way and to float32 on the CPU.</summary>
[Trait("Category", "Gpu")]
public sealed class FastPrefillGpuTests : IDisposable
{
    private static readonly int[] Lengths = [130, 7, 61];
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, bool> Checkpoints => new()
    {
        { "hf/nano", false }, { "hf/super", false }, { "hf/dense", false }, { "hf/odd", false },
        { "quantized/nano-nvfp4", false }, { "quantized/nano-nvfp4", true }, { "quantized/super-mixed", true },
    };

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Fast_prefill_is_as_near_to_float32_as_the_plain_one(string checkpoint, bool residentExperts)
    {
        Gpu.RequireContext();
        string directory = Fixtures.Directory(checkpoint.Split('/'));
        ModelOptions plain = new() { Device = CUDA, Dtype = ScalarType.BFloat16, MaxSequences = 3, MaxContext = 256 };
        Tensor expected = Logits(directory, ReferenceRecord.Float32 with { MaxSequences = 3, MaxContext = 256 });
        double errorOfPlain = Error(Logits(directory, plain), expected);
        double errorOfFast = Error(Logits(directory, plain with { FastPrefill = true, ResidentExperts = residentExperts }), expected);

        TestContext.Current.TestOutputHelper?.WriteLine($"{checkpoint}: relative error plain {errorOfPlain:g3}, fast {errorOfFast:g3}");
        Assert.InRange(errorOfFast, 0, Math.Max(0.02, 1.5 * errorOfPlain));
    }

    [Fact]
    public void Eight_bit_keys_and_values_are_read_packed_too()
    {
        Gpu.RequireContext();
        string directory = Fixtures.Directory("hf", "dense");
        ModelOptions plain = new() { Device = CUDA, Dtype = ScalarType.BFloat16, KeyValueDtype = AtenInterop.Float8E4M3, MaxSequences = 3, MaxContext = 256 };

        Tensor expected = Logits(directory, plain), actual = Logits(directory, plain with { FastPrefill = true });

        Assert.InRange(Error(actual, expected), 0, 0.02);
    }

    [Theory]
    [InlineData("hf/super")]
    [InlineData("quantized/super-mixed")]
    public void Weights_that_come_through_pinned_buffers_are_the_files_bytes(string checkpoint)
    {
        Gpu.RequireContext();
        string directory = Fixtures.Directory(checkpoint.Split('/'));
        NemotronHConfig config = NemotronHConfigReader.Load(directory);
        using Checkpoint stored = Checkpoint.Open(directory);
        using var source = new StagedSource(stored, config, CUDA, new PinnedStagingMemory(CUDA, 4, 32 << 10), readers: 3);
        string[] names = [.. LoadingOrder.Of(config, stored)];
        foreach (string name in names)
        {
            Tensor expected = stored.Read(name), actual = source.Read(name);
            Assert.Equal(TorchSharp.DeviceType.CUDA, actual.device_type);
            Assert.True(AtenInterop.ViewAs(actual, ScalarType.Byte).cpu().equal(AtenInterop.ViewAs(expected, ScalarType.Byte)).all().item<bool>(), name);
        }

        Assert.NotEmpty(names);
        Assert.Equal((names.Length, 0), (source.StagedReads, source.DirectReads));
    }

    [Fact]
    public void A_model_loaded_through_pinned_buffers_gives_the_same_logits()
    {
        Gpu.RequireContext();
        ModelOptions mapped = new() { Device = CUDA, Dtype = ScalarType.BFloat16, MaxSequences = 3, MaxContext = 256 };

        Tensor expected = Logits(Fixtures.TinyNvfp4Model, mapped), actual = Logits(Fixtures.TinyNvfp4Model, mapped with { LoadReaders = 4 });

        Assert.True(expected.equal(actual).all().item<bool>());
    }

    /// <summary>Three prompts of unequal lengths side by side, in two unequal pieces each.</summary>
    private static Tensor Logits(string directory, ModelOptions options)
    {
        using LanguageModel model = LanguageModel.Load(directory, options);
        var random = new Random(5);
        int[][] prompts = [.. Lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(model.Config.VocabSize)).ToArray())];
        CachedSequence[] sequences = [.. prompts.Select(_ => model.Runner.Cache.Add())];
        var pieces = new List<Tensor>();
        foreach (int[] counts in new int[][] { [50, 3, 60], [80, 4, 1] })
        {
            Tensor hidden = model.Runner.PrefillHidden(
                [.. sequences.Select((sequence, i) => (sequence, (ReadOnlyMemory<int>)prompts[i].AsMemory(sequence.Length, counts[i])))]);
            pieces.Add(model.Runner.ComputeLogits(hidden).cpu());
        }

        return cat(pieces, 0);
    }

    private static double Error(Tensor actual, Tensor expected) => ((actual - expected).norm() / expected.norm()).item<float>();
}
