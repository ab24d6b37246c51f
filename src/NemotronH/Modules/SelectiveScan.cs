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

    /// <summary>Pieces of one or more sequences.</summary>
    /// <param name="layout">Which rows are which piece's.</param>
    /// <param name="states">For each piece [heads, head_dim, N]: the state before it; overwritten with the state after it.</param>
    /// <param name="x">[T, heads, head_dim], piece by piece.</param>
    /// <param name="dt">[T, heads], after softplus.</param>
    /// <param name="a">[heads], negative.</param>
    /// <param name="b">[T, groups, N].</param>
    /// <param name="c">[T, groups, N].</param>
    /// <returns>y: [T, heads, head_dim].</returns>
    public static Tensor Chunked(ScanLayout layout, IReadOnlyList<Tensor> states, Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c)
    {
        using var scope = NewDisposeScope();
        long heads = x.size(1), headDim = x.size(2), groups = b.size(1), n = b.size(2);
        long perGroup = heads / groups, chunks = layout.TotalChunks, q = layout.ChunkSize;

        // [chunks, groups, heads per group, Q, ·]; a padded token has dt = 0, so it neither decays the state nor adds to it.
        Tensor xdt = layout.Cut(x * dt.unsqueeze(-1)).view(chunks, q, groups, perGroup, headDim).permute(0, 2, 3, 1, 4);
        Tensor bq = layout.Cut(b).permute(0, 2, 1, 3).unsqueeze(2);
        Tensor cq = layout.Cut(c).permute(0, 2, 1, 3).unsqueeze(2);

        // Differences of long sums cancel: the sums are kept in float64, their exponentials are not.
        Tensor logDecay = layout.Cut((dt * a).to(ScalarType.Float64)).cumsum(1).view(chunks, q, groups, perGroup).permute(0, 2, 3, 1);
        Tensor total = logDecay.narrow(-1, q - 1, 1);
        Tensor fromStart = logDecay.exp().to(ScalarType.Float32).unsqueeze(-1);
        Tensor toEnd = (total - logDecay).exp_().to(ScalarType.Float32).unsqueeze(-1);

        Tensor added = (xdt * toEnd).transpose(-1, -2).matmul(bq).view(chunks, heads, headDim, n);
        Tensor entering = EnteringStates(layout, states, added, total.reshape(chunks, heads));
        Tensor within = (cq.matmul(bq.transpose(-1, -2)) * DecayBetween(logDecay)).matmul(xdt);
        Tensor fromBefore = cq.matmul(entering.view(chunks, groups, perGroup, headDim, n).transpose(-1, -2)).mul_(fromStart);
        Tensor y = within.add_(fromBefore).permute(0, 3, 1, 2, 4).reshape(chunks * q, heads, headDim);
        return layout.Join(y).MoveToOuterDisposeScope();
    }

    /// <summary>Carries the states from chunk to chunk, each sequence for itself.</summary>
    /// <param name="layout">Which chunks are which piece's.</param>
    /// <param name="states">For each piece [heads, head_dim, N]; overwritten with the state after its last chunk.</param>
    /// <param name="added">[chunks, heads, head_dim, N]: what each chunk adds.</param>
    /// <param name="logDecay">[chunks, heads] float64: the logarithm of what each chunk leaves of the state before it.</param>
    /// <returns>[chunks, heads, head_dim, N]: the state before each chunk.</returns>
    private static Tensor EnteringStates(ScanLayout layout, IReadOnlyList<Tensor> states, Tensor added, Tensor logDecay)
    {
        var entering = new Tensor[states.Count];
        int first = 0;
        for (int i = 0; i < states.Count; i++)
        {
            int count = layout.Chunks[i];
            Tensor addedHere = added.narrow(0, first, count), logDecayHere = logDecay.narrow(0, first, count);
            entering[i] = count == 1 ? EnterOne(states[i], addedHere, logDecayHere) : EnterMany(states[i], addedHere, logDecayHere);
            first += count;
        }

        return entering.Length == 1 ? entering[0] : cat(entering, 0);
    }

    private static Tensor EnterOne(Tensor state, Tensor added, Tensor logDecay)
    {
        Tensor entering = state.unsqueeze(0).clone();
        state.mul_(logDecay[0].exp().to(ScalarType.Float32).view(-1, 1, 1)).add_(added[0]);
        return entering;
    }

    /// <summary>All states of a sequence as one matrix product: that after i chunks is the sum over j ≤ i of what chunk j adds, decayed since.</summary>
    private static Tensor EnterMany(Tensor state, Tensor added, Tensor logDecay)
    {
        long count = added.size(0), heads = added.size(1), headDim = added.size(2), n = added.size(3);
        Tensor sums = cat([zeros([1, heads], ScalarType.Float64, logDecay.device), logDecay.cumsum(0)], 0);
        Tensor sources = cat([state.unsqueeze(0), added], 0).view(count + 1, heads, headDim * n).transpose(0, 1);
        Tensor after = DecayBetween(sums.transpose(0, 1)).matmul(sources).view(heads, count + 1, headDim, n);
        state.copy_(after.select(1, count));
        return after.narrow(1, 0, count).transpose(0, 1).contiguous();
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
