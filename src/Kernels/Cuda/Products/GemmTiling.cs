namespace NemotronH.Kernels.Cuda.Products;

/// <summary>How a product is cut up; the choices are those that were fastest on an H200 (docs/performance.md).</summary>
/// <param name="Columns">Columns of 8 tokens that a block takes at once.</param>
/// <param name="Tiles">Tiles of 16 rows of a block.</param>
/// <param name="Warps">Warps that K is split over.</param>
/// <param name="Depth">Tiles that a warp has in flight.</param>
/// <param name="Blocks">Blocks that a multiprocessor is to hold, which bounds the registers; 0 leaves them to the compiler.</param>
internal readonly record struct GemmTiling(int Columns, int Tiles, int Warps, int Depth, int Blocks = 0)
{
    private const int VeryTall = 2048;

    /// <summary>For one matrix that multiplies all tokens.</summary>
    /// <param name="shape">The weight's layout and size.</param>
    /// <param name="tokens">Tokens B.</param>
    /// <param name="multiprocessors">Multiprocessors of the GPU.</param>
    public static GemmTiling Dense(GemmOperand shape, int tokens, int multiprocessors)
    {
        if (tokens > 16)
        {
            // A tall matrix has blocks enough for all multiprocessors; a short one is cut along K and, beyond 32 tokens, along the tokens.
            bool isTall = shape.Rows >= 64 * multiprocessors;
            return isTall ? new(tokens > 32 ? 8 : 4, 2, 4, tokens > 32 ? 2 : 3) : new(4, 2, 8, 2);
        }

        int columns = tokens <= 8 ? 1 : 2;
        int blocks = (shape.Rows + 15) / 16;
        if (blocks < 2 * multiprocessors)
        {
            return new(columns, 1, 16, columns == 1 ? 4 : 2);
        }

        // Five blocks a multiprocessor are all of 3-Nano's in_proj at once.
        return shape.Layout == WeightLayout.Nvfp4Tiles ? new(columns, 1, 8, 2, columns == 1 ? 5 : 0) : new(columns, 1, 4, blocks >= VeryTall ? 2 : 6);
    }

    /// <summary>For a bank of experts, each of which has few of the tokens.</summary>
    /// <param name="shape">The weights' layout and size.</param>
    /// <param name="tokens">Tokens B.</param>
    public static GemmTiling Experts(GemmOperand shape, int tokens)
    {
        int columns = tokens <= (shape.Layout == WeightLayout.Nvfp4Tiles ? 64 : 32) ? 1 : 2;

        // As many blocks as fit with no register spilled, or next to none: left alone, the compiler takes nearly twice the registers for bfloat16.
        int blocks = (shape.Layout, columns) switch
        {
            (WeightLayout.Nvfp4Tiles or WeightLayout.BFloat16, 1) => 9,
            (WeightLayout.Nvfp4Tiles, _) => 7,
            _ => 0,
        };
        return new(columns, 1, 4, 2, blocks);
    }
}
