using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>The selective state space recurrence of Mamba-2, token by token and in chunks; float32 throughout.</summary>
/// <remarks>
/// Per head, with state S [head_dim, N]: S ← exp(dt·A)·S + dt·x ⊗ B, y = S·C. The chunked form is the state space duality of Dao and Gu
/// (2024), section 6. Heads h read group h / (heads / groups) of B and C.
/// </remarks>
internal static class SelectiveScan
{
    /// <summary>One token of each of D sequences.</summary>
    /// <param name="state">[D, heads, head_dim, N], contiguous; updated in place.</param>
    /// <param name="x">[D, heads, head_dim].</param>
    /// <param name="dt">[D, heads], after softplus.</param>
    /// <param name="a">[heads], negative.</param>
    /// <param name="b">[D, groups, N].</param>
    /// <param name="c">[D, groups, N].</param>
    /// <returns>y: [D, heads, head_dim].</returns>
    public static Tensor Step(Tensor state, Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c)
    {
        using var scope = NewDisposeScope();
        long count = x.size(0), heads = x.size(1), headDim = x.size(2), groups = b.size(1), n = b.size(2);
        long[] byGroup = [count, groups, heads / groups * headDim];
        Tensor decay = (dt * a).exp_().unsqueeze(-1).unsqueeze(-1);
        Tensor input = (x * dt.unsqueeze(-1)).view([.. byGroup, 1]);
        state.mul_(decay);
        Tensor rows = state.view([.. byGroup, n]);
        rows.addcmul_(input, b.unsqueeze(2), 1);

        // C stands on the left as a row: a matrix-vector product with the state on the left is several times slower on the CPU.
        return c.unsqueeze(2).matmul(rows.transpose(-1, -2)).view(count, heads, headDim).MoveToOuterDisposeScope();
    }

    /// <summary>L tokens of one sequence.</summary>
    /// <param name="state">[heads, head_dim, N]: the state before; overwritten with the state after.</param>
    /// <param name="x">[L, heads, head_dim].</param>
    /// <param name="dt">[L, heads], after softplus.</param>
    /// <param name="a">[heads], negative.</param>
    /// <param name="b">[L, groups, N].</param>
    /// <param name="c">[L, groups, N].</param>
    /// <param name="chunkSize">Tokens per chunk Q.</param>
    /// <returns>y: [L, heads, head_dim].</returns>
    public static Tensor Chunked(Tensor state, Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c, int chunkSize)
    {
        using var scope = NewDisposeScope();
        long length = x.size(0), heads = x.size(1), headDim = x.size(2), groups = b.size(1), n = b.size(2);
        long perGroup = heads / groups;
        long q = Math.Min(chunkSize, length);
        long chunks = (length + q - 1) / q;

        // [chunks, groups, heads per group, Q, ·]; a padded token has dt = 0, so it neither decays the state nor adds to it.
        Tensor xdt = Chunk(x * dt.unsqueeze(-1)).view(chunks, q, groups, perGroup, headDim).permute(0, 2, 3, 1, 4);
        Tensor bq = Chunk(b).permute(0, 2, 1, 3).unsqueeze(2);
        Tensor cq = Chunk(c).permute(0, 2, 1, 3).unsqueeze(2);

        // Differences of long sums cancel: the sums are kept in float64, their exponentials are not.
        Tensor logDecay = Chunk((dt * a).to(ScalarType.Float64)).cumsum(1).view(chunks, q, groups, perGroup).permute(0, 2, 3, 1);
        Tensor total = logDecay.narrow(-1, q - 1, 1);
        Tensor fromStart = logDecay.exp().to(ScalarType.Float32).unsqueeze(-1);
        Tensor toEnd = (total - logDecay).exp_().to(ScalarType.Float32).unsqueeze(-1);

        Tensor entering = EnteringStates(
            state,
            (xdt * toEnd).transpose(-1, -2).matmul(bq).view(chunks, heads, headDim, n),
            total.exp().to(ScalarType.Float32).reshape(chunks, heads, 1, 1));
        Tensor within = (cq.matmul(bq.transpose(-1, -2)) * DecayBetween(logDecay)).matmul(xdt);
        Tensor fromBefore = cq.matmul(entering.view(chunks, groups, perGroup, headDim, n).transpose(-1, -2)).mul_(fromStart);
        Tensor y = within.add_(fromBefore).permute(0, 3, 1, 2, 4).reshape(chunks * q, heads, headDim);
        return y.narrow(0, 0, length).MoveToOuterDisposeScope();

        Tensor Chunk(Tensor rows)
        {
            long[] rest = rows.shape[1..];
            Tensor padded = chunks * q == length ? rows : cat([rows, zeros([(chunks * q) - length, .. rest], rows.dtype, rows.device)], 0);
            return padded.view([chunks, q, .. rest]);
        }
    }

    /// <summary>Carries the state from chunk to chunk.</summary>
    /// <param name="state">[heads, head_dim, N]; overwritten with the state after the last chunk.</param>
    /// <param name="added">[chunks, heads, head_dim, N]: what each chunk adds.</param>
    /// <param name="decay">[chunks, heads, 1, 1]: what each chunk leaves of the state before it.</param>
    /// <returns>[chunks, heads, head_dim, N]: the state before each chunk.</returns>
    private static Tensor EnteringStates(Tensor state, Tensor added, Tensor decay)
    {
        Tensor entering = empty_like(added);
        for (long chunk = 0; chunk < added.size(0); chunk++)
        {
            entering[chunk].copy_(state);
            state.mul_(decay[chunk]).add_(added[chunk]);
        }

        return entering;
    }

    /// <summary>exp(sum of dt·A over tokens j+1..i) for i ≥ j, else 0.</summary>
    /// <param name="logDecay">[..., Q] float64 running sums.</param>
    /// <returns>[..., Q, Q] float32.</returns>
    private static Tensor DecayBetween(Tensor logDecay)
    {
        long q = logDecay.size(-1);
        Tensor future = ones([q, q], ScalarType.Bool, logDecay.device).triu(1);
        Tensor difference = logDecay.unsqueeze(-1) - logDecay.unsqueeze(-2);
        return difference.masked_fill_(future, double.NegativeInfinity).to(ScalarType.Float32).exp_();
    }
}
