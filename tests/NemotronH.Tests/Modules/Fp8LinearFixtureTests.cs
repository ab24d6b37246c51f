using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Static W8A8 against PyTorch's own arithmetic (made by <c>tools/make_quantized_fixtures.py</c>).</summary>
public sealed class Fp8LinearFixtureTests
{
    [Fact]
    public void Static_FP8_activations_give_what_PyTorch_computed()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Fixtures.File("quantized", "fp8-linear.safetensors"));
        var loader = new WeightLoader(new OneModule(file), new WeightOptions { Fp8Method = Fp8Method.W8A8 });
        using LinearMethod linear = loader.LoadLinear("m", 48, 64);
        using Tensor x = file.Read("x"), y = file.Read("y");
        using Tensor actual = linear.forward(x);
        using Tensor difference = (actual - y).abs().max(), largest = y.abs().max();

        Assert.InRange(difference.item<float>(), 0, 1e-6f * largest.item<float>());
        loader.Workspace.Dispose();
    }

    /// <summary>A file's tensors as those of the module <c>m</c>.</summary>
    private sealed class OneModule(SafetensorsFile file) : ITensorSource
    {
        public StoredTensorInfo? Describe(string name) => file.Describe(name[2..]);

        public Tensor Read(string name) => file.Read(name[2..]);

        public void Release(string name)
        {
        }
    }
}
