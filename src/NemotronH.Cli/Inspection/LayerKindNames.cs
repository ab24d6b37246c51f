using NemotronH.Configuration;

namespace NemotronH.Cli.Inspection;

/// <summary>What the kinds of layers are called in reports.</summary>
internal static class LayerKindNames
{
    /// <summary>For people.</summary>
    public static string Title(this LayerKind kind) => kind switch
    {
        LayerKind.Mamba => "Mamba-2",
        LayerKind.Attention => "attention",
        LayerKind.Mlp => "MLP",
        _ => "mixture of experts",
    };

    /// <summary>For programs: the words of <c>layers_block_type</c>.</summary>
    public static string Key(this LayerKind kind) => kind switch
    {
        LayerKind.Mamba => "mamba",
        LayerKind.Attention => "attention",
        LayerKind.Mlp => "mlp",
        _ => "moe",
    };

    /// <summary>The letter of <c>hybrid_override_pattern</c>.</summary>
    public static char Letter(this LayerKind kind) => kind switch
    {
        LayerKind.Mamba => 'M',
        LayerKind.Attention => '*',
        LayerKind.Mlp => '-',
        _ => 'E',
    };
}
