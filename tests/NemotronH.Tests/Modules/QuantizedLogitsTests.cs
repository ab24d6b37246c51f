namespace NemotronH.Tests.Modules;

/// <summary>
/// Quantised checkpoints in the layouts of ModelOpt and compressed-tensors, made by an independent quantiser (<c>tools/make_quantized_fixtures.py</c>),
/// against HF transformers run on the dequantised weights.
/// </summary>
public sealed class QuantizedLogitsTests
{
    public static TheoryData<string> Names =>
        ["nano-nvfp4", "nano-w4a16", "nano-ct", "super-mixed", "dense-mixed", "dense-fp8", "odd-nvfp4"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_equal_those_of_transformers_on_the_dequantised_weights(string name) =>
        ReferenceRecord.AssertLogits(Fixtures.Directory("quantized", name), [7, 33, 130]);

    [Theory]
    [MemberData(nameof(Names))]
    public void Greedy_continuations_equal_those_of_transformers_up_to_the_first_near_tie(string name) =>
        ReferenceRecord.AssertGreedy(Fixtures.Directory("quantized", name), [7, 33]);
}
