using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>What a step's router chose, grouped by expert, on the device.</summary>
/// <param name="Count">[1] int32: how many experts are active.</param>
/// <param name="Experts">[A] int32: the active experts' numbers, ascending; A is the most that can be active.</param>
/// <param name="Offsets">[A + 1] int32: where each active expert's entries begin.</param>
/// <param name="Entries">
/// [B · top-k] int32: entries, token · choices + choice, grouped by expert; a token's choices are its top-k experts and, behind them, the parts of a
/// shared matrix where it is multiplied beside the bank (<see cref="SharedParts"/>).
/// </param>
public sealed record ActiveEntries(Tensor Count, Tensor Experts, Tensor Offsets, Tensor Entries)
{
    /// <summary>The most experts that a batch can choose: what lists and buffers are sized for.</summary>
    /// <param name="experts">Experts E.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="batch">Tokens B.</param>
    public static int MostActive(int experts, int topK, int batch) => Math.Min(experts, topK * batch);

    /// <summary>Refuses tensors that are not so.</summary>
    internal void Check(int active, int entries)
    {
        TensorCheck.Expect(Count, nameof(Count), ScalarType.Int32, 1);
        TensorCheck.Expect(Experts, nameof(Experts), ScalarType.Int32, active);
        TensorCheck.Expect(Offsets, nameof(Offsets), ScalarType.Int32, active + 1);
        TensorCheck.Expect(Entries, nameof(Entries), ScalarType.Int32, entries);
    }
}
