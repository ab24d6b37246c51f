using NemotronH.Benchmarks;
using NemotronH.Caching;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using NemotronH.Tests.Configuration;
using NemotronH.Tests.Modules;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation;

/// <summary>What models take of a GPU, by arithmetic; nothing of it is allocated.</summary>
public sealed class ModelMemoryTests
{
    private const long Gib = 1L << 30;

    /// <summary>What is free on an H200 before anything is placed, rounded down.</summary>
    private const long H200 = 139 * Gib;

    [Theory]
    [InlineData("nemotron-3-nano-30b-a3b", 262_144, 17, 18)]
    [InlineData("nemotron-3.5-lightning-30b-a3b", 1_048_576, 16, 21)]
    public void The_longest_context_of_a_30B_model_fits_one_H200(string name, int context, int least, int most)
    {
        foreach (ScalarType keyValues in new[] { AtenInterop.Float8E4M3, ScalarType.BFloat16 })
        {
            ModelMemory memory = Plan(name, context, ModelOptions.FastPrefillChunk, H200, keyValues);

            memory.Verify("an H200");
            Assert.Equal(ModelOptions.FastPrefillChunk, memory.PrefillChunk);
            Assert.InRange(memory.Weights / Gib, least, most);

            // 6 attention layers with 2 heads of 128 keys and 128 values each.
            Assert.Equal(context * 6L * 2 * 256 * CacheBudget.Size(keyValues), memory.KeyValues);
        }
    }

    [Fact]
    public void A_pass_is_cut_down_to_memory_and_what_still_does_not_fit_is_refused_in_one_line()
    {
        ModelMemory plenty = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, H200, AtenInterop.Float8E4M3);
        ModelMemory tight = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, plenty.Total - 1, AtenInterop.Float8E4M3);

        Assert.Equal(4096, tight.PrefillChunk);
        tight.Verify("a GPU");
        Assert.True(tight.Workspace < plenty.Workspace);

        ModelMemory tooMuch = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, plenty.Weights, AtenInterop.Float8E4M3);
        var refusal = Assert.Throws<NemotronHException>(() => tooMuch.Verify("cuda:0"));
        Assert.Equal(128, tooMuch.PrefillChunk);
        Assert.Matches(
            @"^memory: weights 1\d\.\d GiB, keys and values of 1 x 262144 tokens 0\.8 GiB, states 0\.0 GiB, workspace of 128 prompt tokens a pass \d\.\d GiB; "
                + @"18\.0 of 18\.0 GiB free: \d\d\.\d GiB do not fit on cuda:0: take a smaller or more strongly quantised model$",
            refusal.Message);

        ModelMemory tooLong = Plan("nemotron-3-nano-30b-a3b", 64_000_000, 512, H200, ScalarType.BFloat16);
        Assert.Contains(": take a shorter context (--max-context)", Assert.Throws<NemotronHException>(() => tooLong.Verify("cuda:0")).Message);
    }

    [Fact]
    public void Copies_of_experts_are_counted_and_need_no_buffer()
    {
        ModelMemory without = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, H200, AtenInterop.Float8E4M3);
        ModelMemory with = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, H200, AtenInterop.Float8E4M3, residentExperts: true);

        // 23 layers of 128 experts of two matrices, 1856 by 2688, in bfloat16.
        const long Bank = 128L * 1856 * 2688 * 2;
        with.Verify("an H200");
        Assert.Equal(23 * 2 * Bank, with.ExpertCopies);
        Assert.InRange(without.Workspace - with.Workspace, Bank / 2, Bank);
        Assert.Contains("copies of experts 54.", with.ToString());

        ModelMemory tooSmall = Plan("nemotron-3-nano-30b-a3b", 262_144, 8192, 40 * Gib, AtenInterop.Float8E4M3, residentExperts: true);
        Assert.EndsWith(
            "GiB do not fit on a GPU: leave out --resident-experts, whose copies take the most",
            Assert.Throws<NemotronHException>(() => tooSmall.Verify("a GPU")).Message);
    }

    [Fact]
    public void A_loaded_model_tells_its_plan_before_weights_are_read()
    {
        ModelMemory? told = null;
        var order = new List<string>();
        using LanguageModel model = LanguageModel.Load(
            Fixtures.TinyModel,
            ReferenceRecord.Float32 with { MaxContext = 100, MaxSequences = 3 },
            new Log(_ => order.Add("block")),
            memory =>
            {
                told = memory;
                order.Add("plan");
            });

        Assert.Equal("plan", order[0]);
        Assert.Equal(told, model.Memory);
        Assert.Equal((100, 3, 512), (told!.MaxContext, told.MaxSequences, told.PrefillChunk));
        ModelFootprint footprint = ModelFootprint.Of(model.Config);
        Assert.Equal(3 * (footprint.SsmStateBytes + footprint.ConvStateBytes(4)), told.States);
        Assert.Equal(footprint.KeyValueBytes(3 * 128, 4), told.KeyValues);
    }

    [Fact]
    public void Experts_that_are_not_grouped_have_neither_copies_nor_a_buffer_of_a_bank()
    {
        ModelMemory grouped = Plan("nemotron-3-nano-30b-a3b", 4096, 512, H200, ScalarType.BFloat16);
        ModelMemory resident = Plan("nemotron-3-nano-30b-a3b", 4096, 512, H200, ScalarType.BFloat16, residentExperts: true, ScalarType.Float32);
        ModelMemory plain = Plan("nemotron-3-nano-30b-a3b", 4096, 512, H200, ScalarType.BFloat16, residentExperts: false, ScalarType.Float32);

        Assert.Equal(0, resident.ExpertCopies);
        Assert.Equal(plain.Workspace, resident.Workspace);
        Assert.True(grouped.Workspace > 128L * 1856 * 2688 * 2);
    }

    private static ModelMemory Plan(
        string name, int context, int chunk, long free, ScalarType keyValues, bool residentExperts = false, ScalarType dtype = ScalarType.BFloat16)
    {
        NemotronHConfig config = KnownConfigs.Load(name);
        RandomLayout layout = RandomLayout.Of(config, RandomPrecision.Official);
        var inventory = WeightInventory.Of(layout.Enumerate(config, layout.Plan(config)), elementBytes: 2);
        var caches = new CacheOptions
        {
            MaxSequences = 1,
            MaxContext = context,
            Device = new Device(TorchSharp.DeviceType.CUDA, 0),
            ComputeDtype = dtype,
            KeyValueDtype = keyValues,
            PackedAttention = true,
        };
        var options = new WeightOptions { Device = caches.Device, ComputeDtype = dtype, GroupedExperts = true, ResidentExperts = residentExperts };
        return ModelMemoryPlan.Make(config, inventory, caches, chunk, options, free);
    }

    private sealed class Log(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
