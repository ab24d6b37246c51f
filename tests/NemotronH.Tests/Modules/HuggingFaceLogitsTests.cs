using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Checkpoints that HF transformers wrote, against its own logits (made by <c>tools/make_hf_fixtures.py</c>).</summary>
public sealed class HuggingFaceLogitsTests
{
    public static TheoryData<string> Names => ["nano", "super", "dense", "odd"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_of_prompts_of_many_lengths_equal_those_of_transformers(string name) =>
        ReferenceRecord.AssertLogits(Fixtures.Directory("hf", name), [1, 2, 7, 33, 130]);

    [Fact]
    public void The_time_step_clamp_of_transformers_is_reproduced_on_demand()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", "nano"), ReferenceRecord.Float32 with { HfTimeStepClamp = true });
        using ReferenceRecord reference = ReferenceRecord.Beside(Fixtures.Directory("hf", "nano"));

        reference.AssertLogits(model, 130, "_hf_clamp");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Greedy_continuations_equal_those_of_transformers_up_to_the_first_near_tie(string name) =>
        ReferenceRecord.AssertGreedy(Fixtures.Directory("hf", name), [7, 33]);

    [Fact]
    public void Bfloat16_stays_near_float32_where_rounding_changes_no_choice_of_experts()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("hf", "dense"), ReferenceRecord.Float32 with { Dtype = ScalarType.BFloat16 });
        using ReferenceRecord reference = ReferenceRecord.Beside(Fixtures.Directory("hf", "dense"));
        using Tensor expected = reference.Read("logits_33");
        using Tensor actual = model.ComputeLogits(reference.Prompt(33));
        using Tensor error = (actual - expected).norm() / expected.norm();

        Assert.InRange(error.item<float>(), 0, 0.05f);
    }
}
