using NemotronH.Checkpoints.Safetensors;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Logits of checkpoints that HF transformers wrote, against its own (made by <c>tools/make_hf_fixtures.py</c>).</summary>
public sealed class HuggingFaceLogitsTests
{
    private const double Tolerance = 2e-3;
    private const float NearTie = 4e-3f;
    private static readonly ModelOptions Cpu = new() { Device = CPU, Dtype = ScalarType.Float32 };

    public static TheoryData<string> Names => ["nano", "super", "dense", "odd"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_of_prompts_of_many_lengths_equal_those_of_transformers(string name)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", name), Cpu);
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("hf", name, "reference.safetensors"));
        foreach (int length in new[] { 1, 2, 7, 33, 130 })
        {
            AssertClose(reference, $"logits_{length}", model, Ids(reference, $"ids_{length}"));
        }
    }

    [Fact]
    public void The_time_step_clamp_of_transformers_is_reproduced_on_demand()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", "nano"), Cpu with { HfTimeStepClamp = true });
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("hf", "nano", "reference.safetensors"));

        AssertClose(reference, "logits_130_hf_clamp", model, Ids(reference, "ids_130"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Greedy_continuations_equal_those_of_transformers_up_to_the_first_near_tie(string name)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", name), Cpu);
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("hf", name, "reference.safetensors"));
        foreach (int length in new[] { 7, 33 })
        {
            int[] expected = Ids(reference, $"greedy_{length}_ids");
            using Tensor gaps = reference.Read($"greedy_{length}_gaps");
            int comparable = gaps.data<float>().ToArray().TakeWhile(gap => gap > NearTie).Count();

            using var run = model.Start(Ids(reference, $"ids_{length}"), new() { MaxTokens = expected.Length, Temperature = 0, IgnoreEos = true });
            while (run.MoveNext())
            {
            }

            Assert.True(comparable > 0, "The fixture begins with a near tie.");
            Assert.Equal(expected.Take(comparable), run.OutputIds.Take(comparable));
        }
    }

    [Fact]
    public void Bfloat16_stays_near_float32_where_rounding_changes_no_choice_of_experts()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", "dense"), Cpu with { Dtype = ScalarType.BFloat16 });
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("hf", "dense", "reference.safetensors"));
        using Tensor expected = reference.Read("logits_33");
        using Tensor actual = model.ComputeLogits(Ids(reference, "ids_33"));
        using Tensor error = (actual - expected).norm() / expected.norm();

        Assert.InRange(error.item<float>(), 0, 0.05f);
    }

    private static int[] Ids(SafetensorsFile file, string name)
    {
        using Tensor ids = file.Read(name);
        using Tensor wide = ids.to(ScalarType.Int64);
        return [.. wide.data<long>().ToArray().Select(id => (int)id)];
    }

    private static void AssertClose(SafetensorsFile reference, string name, LanguageModel model, int[] ids)
    {
        using Tensor expected = reference.Read(name);
        using Tensor actual = model.ComputeLogits(ids);
        Assert.Equal(expected.shape, actual.shape);
        double difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= Tolerance, $"{name} differs by {difference}; expected at most {Tolerance}.");
    }
}
