namespace NemotronH.Configuration;

/// <summary>Parameters of some part of a model, divided by what precision they may be stored in.</summary>
/// <param name="Linear">Weights of linear layers that quantised checkpoints store in 8 or 4 bits.</param>
/// <param name="Other">What quantised checkpoints leave in bfloat16: embeddings, head, convolution, norms, biases.</param>
/// <param name="Single">What stays in float32: the router and its score correction.</param>
internal readonly record struct ParameterCount(long Linear, long Other, long Single = 0)
{
    /// <summary>All of them.</summary>
    public long Total => checked(Linear + Other + Single);

    /// <summary>Their bytes.</summary>
    /// <param name="bitsPerLinear">Bits per weight of linear layers: 16 in bfloat16, 8 in FP8, 4.5 in NVFP4 with its block scales.</param>
    /// <returns>Bytes, rounded up.</returns>
    public long Bytes(decimal bitsPerLinear) => checked((long)Math.Ceiling(Linear * bitsPerLinear / 8) + (2 * Other) + (4 * Single));

    /// <summary>Adds two counts.</summary>
    public static ParameterCount operator +(ParameterCount left, ParameterCount right) =>
        checked(new(left.Linear + right.Linear, left.Other + right.Other, left.Single + right.Single));
}
