using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="EmbeddingLookupKernel"/> computes, in TorchSharp on any device.</summary>
internal static class EmbeddingLookupReference
{
    private static readonly float[] E2M1 = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    /// <summary>The rows' embeddings: [B, H] float32.</summary>
    public static Tensor Compute(EmbeddingFormat format, Tensor tokens, Tensor table, Tensor? blockScales, Tensor? scale)
    {
        using var scope = NewDisposeScope();
        Tensor valid = tokens.ge(0) & tokens.lt(table.size(0));
        Tensor ids = tokens.clamp(0, table.size(0) - 1).to(ScalarType.Int64);
        Tensor rows = table.index_select(0, ids);
        Tensor values = format switch
        {
            EmbeddingFormat.Fp8 => Widen(rows) * scale!,
            EmbeddingFormat.Nvfp4 => Unpack(rows) * (Widen(blockScales!.index_select(0, ids)) * scale!).repeat_interleave(16, 1),
            _ => rows.to(ScalarType.Float32),
        };
        return values.mul(valid.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    private static Tensor Widen(Tensor codes) => AtenInterop.ViewAs(codes, AtenInterop.Float8E4M3).to(ScalarType.Float32);

    private static Tensor Unpack(Tensor bytes)
    {
        Tensor wide = bytes.to(ScalarType.Int64);
        Tensor codes = stack([wide.bitwise_and(15), wide.bitwise_right_shift(4)], -1).reshape(bytes.size(0), -1);
        return tensor(E2M1, device: bytes.device).index_select(0, codes.flatten()).reshape(codes.shape);
    }
}
