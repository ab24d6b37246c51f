using System.Diagnostics;
using NemotronH.Caching;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>Times the prefill of random prompts, from their tokens to the logits of the last one.</summary>
/// <param name="setup">What to measure.</param>
/// <param name="model">The model.</param>
/// <param name="method">How its NVFP4 weights are applied.</param>
internal sealed class PrefillBenchmark(BenchmarkSetup setup, BenchmarkModel model, Nvfp4Method method)
{
    /// <summary>Times prompts of one length; the first warms up and does not count.</summary>
    /// <param name="tokens">Length.</param>
    /// <param name="cancellationToken">Checked between pieces of a prompt.</param>
    public PrefillResult Run(int tokens, CancellationToken cancellationToken)
    {
        var random = new Random(tokens);
        int[] prompt = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(setup.Config.VocabSize))];
        Time(prompt, cancellationToken);
        double[] samples = [.. Enumerable.Range(0, setup.Options.Repeat).Select(_ => Time(prompt, cancellationToken))];
        return new PrefillResult(method, tokens, Measurement.Of(samples));
    }

    private double Time(int[] prompt, CancellationToken cancellationToken)
    {
        CachedSequence sequence = model.Cache.Add();
        try
        {
            long start = Stopwatch.GetTimestamp();
            using Tensor logits = model.Runner.Prefill(sequence, prompt, cancellationToken);
            using Tensor onHost = logits.cpu();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        finally
        {
            model.Cache.Remove(sequence);
        }
    }
}
