namespace NemotronH.Benchmarks;

/// <summary>How far a benchmark is.</summary>
/// <param name="Doing">What it is doing.</param>
/// <param name="Fraction">How much of everything is done, from 0 to 1: by number of measurements, not by time.</param>
public readonly record struct BenchmarkProgress(string Doing, double Fraction);
