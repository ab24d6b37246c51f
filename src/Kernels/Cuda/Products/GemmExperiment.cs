namespace NemotronH.Kernels.Cuda.Products;

/// <summary>
/// Choices in products that only a measurement settles, set from outside for that measurement: <c>NEMOTRONH_GEMM</c> holds some of
/// <c>no-prefetch</c> (blocks do not ask for their weights at once), <c>no-next</c> (nor for the next bank's) and <c>experts=C,W,D,B</c> (columns of 8
/// tokens, warps, tiles in flight and resident blocks of the experts' products), with semicolons between them.
/// </summary>
/// <param name="Prefetch">Whether blocks ask for their weights at once.</param>
/// <param name="Next">Whether they ask for the next bank's.</param>
/// <param name="Experts">How the experts' products are cut up; <see langword="null"/> for the usual way.</param>
internal sealed record GemmExperiment(bool Prefetch, bool Next, GemmTiling? Experts)
{
    private const string Variable = "NEMOTRONH_GEMM";

    /// <summary>What this process was started with.</summary>
    public static GemmExperiment Current { get; } = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Reads the variable.</summary>
    /// <param name="text">Its value.</param>
    /// <exception cref="NemotronHException">It holds something else.</exception>
    public static GemmExperiment Parse(string? text)
    {
        var experiment = new GemmExperiment(true, true, null);
        foreach (string part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            experiment = part switch
            {
                "no-prefetch" => experiment with { Prefetch = false },
                "no-next" => experiment with { Next = false },
                _ when part.StartsWith("experts=", StringComparison.Ordinal) => experiment with { Experts = Tiling(part["experts=".Length..]) },
                _ => throw Unknown(part),
            };
        }

        return experiment;
    }

    private static GemmTiling Tiling(string text) =>
        text.Split(',').Select(number => int.TryParse(number, out int value) && value > 0 ? value : throw Unknown(text)).ToArray()
            is [int columns, int warps, int depth, int blocks]
            ? new GemmTiling(columns, 1, warps, depth, blocks)
            : throw Unknown(text);

    private static NemotronHException Unknown(string part) =>
        new($"{Variable} holds '{part}'; expected no-prefetch, no-next or experts=columns,warps,depth,blocks");
}
