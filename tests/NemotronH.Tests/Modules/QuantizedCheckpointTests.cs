using NemotronH.Checkpoints.Safetensors;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Logits of quantised checkpoints, against HF transformers on the dequantised weights (made by <c>tools/make_quantized_fixtures.py</c>).</summary>
public sealed class QuantizedCheckpointTests
{
    private const double Tolerance = 2e-3;
    private const float NearTie = 4e-3f;

    public static TheoryData<string> Names => ["nano-nvfp4", "nano-w4a16", "nano-ct", "super-mixed", "dense-fp8", "dense-mixed", "odd-nvfp4"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_equal_those_of_transformers_on_the_dequantised_weights(string name)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("quantized", name));
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("quantized", name, "reference.safetensors"));
        foreach (int length in new[] { 7, 33, 130 })
        {
            using Tensor expected = reference.Read($"logits_{length}");
            using Tensor actual = model.ComputeLogits(Ids(reference, $"ids_{length}"));
            using Tensor difference = (expected - actual).abs().max();
            Assert.InRange(difference.item<float>(), 0, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Greedy_continuations_equal_those_of_transformers_up_to_the_first_near_tie(string name)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("quantized", name));
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("quantized", name, "reference.safetensors"));
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
    public void Two_models_with_different_options_side_by_side_give_what_each_gives_alone()
    {
        ModelOptions plain = new();
        ModelOptions other = new() { Dtype = ScalarType.BFloat16, Fp8Method = Fp8Method.W8A8, KeyValueDtype = AtenInterop.Float8E4M3 };
        string directory = Fixtures.Directory("quantized", "dense-fp8");
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("quantized", "dense-fp8", "reference.safetensors"));
        int[] ids = Ids(reference, "ids_33");
        using Tensor plainAlone = Alone(plain);
        using Tensor otherAlone = Alone(other);
        Assert.False(plainAlone.allclose(otherAlone));

        using LanguageModel first = LanguageModel.Load(directory, plain);
        using LanguageModel second = LanguageModel.Load(directory, other);
        for (int turn = 0; turn < 2; turn++)
        {
            using Tensor fromFirst = first.ComputeLogits(ids);
            using Tensor fromSecond = second.ComputeLogits(ids);
            Assert.True(fromFirst.equal(plainAlone).all().item<bool>());
            Assert.True(fromSecond.equal(otherAlone).all().item<bool>());
        }

        Tensor Alone(ModelOptions options)
        {
            using LanguageModel model = LanguageModel.Load(directory, options);
            return model.ComputeLogits(ids);
        }
    }

    private static int[] Ids(SafetensorsFile file, string name)
    {
        using Tensor ids = file.Read(name);
        return [.. ids.data<long>().ToArray().Select(id => (int)id)];
    }
}
