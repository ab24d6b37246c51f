using System.Diagnostics;
using NemotronH.Caching;
using NemotronH.Generation;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>Times the prefill of random prompts, from their tokens to the logits of the last one.</summary>
/// <param name="setup">What to measure.</param>
/// <param name="model">The model.</param>
/// <param name="method">How its NVFP4 weights are applied.</param>
/// <param name="matmulRate">Floating-point operations per second of a large product.</param>
internal sealed class PrefillBenchmark(BenchmarkSetup setup, BenchmarkModel model, Nvfp4Method method, double matmulRate)
{
    /// <summary>Times prompts of one length, with each number of tokens a pass that makes a difference; the first of each warms up and does not count.</summary>
    /// <param name="tokens">Length.</param>
    /// <param name="cancellationToken">Checked between pieces of a prompt.</param>
    public IReadOnlyList<PrefillResult> Run(int tokens, CancellationToken cancellationToken)
    {
        var random = new Random(tokens);
        int[] prompt = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(setup.Config.VocabSize))];
        double operations = PrefillWork.Operations(setup.Config, tokens);
        return [.. setup.Options.PrefillChunks.Select(chunk => Math.Min(chunk, tokens)).Distinct().Select(Measure)];

        PrefillResult Measure(int chunk)
        {
            var runner = new ModelRunner(model.Model, model.Cache, chunk);
            Time(runner, prompt, cancellationToken);
            var time = Measurement.Of([.. Enumerable.Range(0, setup.Options.Repeat).Select(_ => Time(runner, prompt, cancellationToken))]);
            return new PrefillResult(method, tokens, chunk, time, operations, operations / (time.Median / 1000) / matmulRate);
        }
    }

    private double Time(ModelRunner runner, int[] prompt, CancellationToken cancellationToken)
    {
        CachedSequence sequence = model.Cache.Add();
        try
        {
            long start = Stopwatch.GetTimestamp();
            using Tensor logits = runner.Prefill(sequence, prompt, cancellationToken);
            using Tensor onHost = logits.cpu();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        finally
        {
            model.Cache.Remove(sequence);
        }
    }
}
