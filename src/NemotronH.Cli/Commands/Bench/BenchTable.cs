using NemotronH.Benchmarks;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Commands.Bench;

/// <summary>Prints what was measured as tables.</summary>
internal static class BenchTable
{
    /// <summary>Prints what a model takes.</summary>
    public static void Write(MemoryPlan plan, TextWriter output) => output.WriteLine(
        $"memory: weights {Units.Bytes(plan.Weights)}, caches {Units.Bytes(plan.Caches)}, buffers {Units.Bytes(plan.Buffers)}; "
        + $"{Units.Bytes(plan.Free)} free");

    /// <summary>Prints a report.</summary>
    public static void Write(BenchmarkReport report, TextWriter output)
    {
        output.WriteLine($"model   {report.Model}, {report.Layers} layers, {Units.Count(report.Parameters)} parameters");
        output.WriteLine($"weights {report.Layout ?? "as the checkpoint stores them"}, {Units.Bytes(report.Memory.Weights)}");
        output.WriteLine($"types   {report.Dtype}, KV cache {report.KeyValueDtype}, SSM states float32");
        output.WriteLine($"device  {report.Device}, {report.StreamBytesPerSecond / 1e12:0.000} TB/s (a large copy, read + write)");
        output.WriteLine($"started {report.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        output.WriteLine($"loaded  {string.Join(", ", report.LoadSeconds.Select(load => $"{Name(load.Key)} in {load.Value:0.0} s"))}");
        WriteDecode(report, output);
        WritePrefill(report, output);
        foreach (StepProfile profile in report.Profiles)
        {
            WriteProfile(profile, output);
        }
    }

    private static void WriteDecode(BenchmarkReport report, TextWriter output)
    {
        if (report.Decode.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable("nvfp4", "launch", ">batch", ">context", ">ms/step", ">±", ">tok/s", ">host us", ">of graph", ">GB/step", ">of stream", ">experts", ">expected");
        foreach (DecodeResult result in report.Decode)
        {
            table.Add(
                Name(result.Method),
                Name(result.Launch),
                $"{result.Batch}",
                $"{result.Context}",
                $"{result.Step.Median:0.000}",
                $"{result.Step.Spread:0.0%}",
                $"{result.TokensPerSecond:0.0}",
                result.HostMicroseconds is { } host ? $"{host.Median:0.0}" : "-",
                result.OfGraph is { } ratio ? $"{ratio.Median:0.000}" : "-",
                $"{result.Bytes / 1e9:0.000}",
                $"{result.StreamFraction:0.0%}",
                result.MeasuredExperts is { } measured ? $"{measured:0.0}" : "-",
                result.ExpectedExperts is { } expected ? $"{expected:0.0}" : "-");
        }

        table.WriteTo(output);
        output.WriteLine(report.Assumption);
    }

    private static void WritePrefill(BenchmarkReport report, TextWriter output)
    {
        if (report.Prefill.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable("nvfp4", ">prompt", ">chunk", ">ms", ">±", ">tok/s", ">of matmul");
        foreach (PrefillResult result in report.Prefill)
        {
            table.Add(
                Name(result.Method),
                $"{result.Prompt}",
                $"{result.Chunk}",
                $"{result.Time.Median:0.0}",
                $"{result.Time.Spread:0.0%}",
                $"{result.TokensPerSecond:0.0}",
                $"{result.MatmulFraction:0.0%}");
        }

        table.WriteTo(output);
        output.WriteLine(
            $"{(report.FastPrefill ? "fast prefill" + (report.ResidentExperts ? " with resident experts" : "") + (report.PackedRowsPerExpert > 0 ? $", packed up to {report.PackedRowsPerExpert} rows; " : "; ") : "")}a large matrix product runs at {report.MatmulOperationsPerSecond / 1e12:0.000} TFLOP/s; "
            + "counted: linear layers, of experts those chosen, and attention");
    }

    private static void WriteProfile(StepProfile profile, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"kernels alone: {Name(profile.Method)}, batch {profile.Batch}");
        var table = new TextTable("kernel", ">launches", ">us each", ">us/step", ">share", ">MB/step", ">of stream");
        foreach (KernelProfile kernel in profile.Kernels)
        {
            table.Add(
                kernel.Name,
                $"{kernel.Launches}",
                $"{kernel.LaunchMicroseconds:0.00}",
                $"{kernel.StepMicroseconds:0.0}",
                $"{kernel.StepMicroseconds / profile.SumMicroseconds:0.0%}",
                kernel.Bytes is { } bytes ? $"{bytes / 1e6:0.0}" : "-",
                kernel.StreamFraction is { } fraction ? $"{fraction:0.0%}" : "-");
        }

        table.WriteTo(output);
        output.WriteLine($"sum {profile.SumMicroseconds:0.0} us; step {profile.StepMicroseconds:0.0} us");
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
