namespace NemotronH.Quantization;

/// <summary>Identity and size of a bank of routed experts.</summary>
/// <param name="Module">Canonical module name of the bank.</param>
/// <param name="Count">Number of experts E.</param>
/// <param name="Features">Input and output width of an expert: the hidden or the latent size.</param>
/// <param name="Intermediate">Inner width of an expert.</param>
public sealed record ExpertsShape(string Module, int Count, int Features, int Intermediate);
