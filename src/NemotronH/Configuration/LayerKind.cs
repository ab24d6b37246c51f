namespace NemotronH.Configuration;

/// <summary>What the mixer of a block is; each block has exactly one.</summary>
public enum LayerKind
{
    /// <summary>Mamba-2 state space mixer (<c>M</c>, <c>mamba</c>, <c>linear_attention</c>).</summary>
    Mamba,

    /// <summary>Grouped-query attention without positional encoding (<c>*</c>, <c>attention</c>, <c>full_attention</c>).</summary>
    Attention,

    /// <summary>Dense MLP with squared ReLU (<c>-</c>, <c>mlp</c>).</summary>
    Mlp,

    /// <summary>Mixture of experts with squared ReLU experts (<c>E</c>, <c>moe</c>).</summary>
    MixtureOfExperts,
}
