using static TorchSharp.torch;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>Lets libtorch multiply two small matrices and checks the product.</summary>
internal static class SelfTest
{
    private static readonly float[] Expected = [19, 22, 43, 50];

    /// <summary>Runs the test on one device.</summary>
    public static RuntimeFinding Run(string device)
    {
        using var left = tensor(new float[] { 1, 2, 3, 4 }, 2, 2, device: TorchSharp.torch.device(device));
        using var right = tensor(new float[] { 5, 6, 7, 8 }, 2, 2, device: TorchSharp.torch.device(device));
        using var product = left.mm(right);
        using var onCpu = product.cpu();
        float[] found = onCpu.data<float>().ToArray();
        string component = LibTorchReport.SelfTest(device);
        return found.AsSpan().SequenceEqual(Expected)
            ? RuntimeFinding.Working(component, "a 2x2 product is right")
            : RuntimeFinding.Broken(component, $"a 2x2 product is [{string.Join(", ", found)}], expected [{string.Join(", ", Expected)}]");
    }
}
