using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Gives a precision to modules.</summary>
/// <param name="Modules">
/// Pattern of canonical module names (<c>backbone.layers.3.mixer.in_proj</c>, <c>lm_head</c>): <c>*</c> stands for any characters, dots
/// included, <c>?</c> for one.
/// </param>
/// <param name="Precision">
/// What they become. The two labels of NVFP4 differ in how a checkpoint describes them; without calibrated activations it is <see
/// cref="ModulePrecision.W4A16Nvfp4"/>.
/// </param>
/// <param name="BeforeAttention">Whether only modules of blocks that an attention block follows are meant.</param>
public sealed record QuantizationRule(string Modules, ModulePrecision Precision, bool BeforeAttention = false)
{
    /// <summary>Whether the rule covers a module.</summary>
    internal bool Covers(string module, bool beforeAttention) =>
        (beforeAttention || !BeforeAttention) && ModulePattern.IsMatch(Modules, module);
}
