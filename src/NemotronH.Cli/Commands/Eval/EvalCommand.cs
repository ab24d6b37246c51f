using NemotronH.Cli.Help;

namespace NemotronH.Cli.Commands.Eval;

/// <summary><c>nemotronh eval</c>: measures how accurate a model is.</summary>
internal sealed class EvalCommand : ExampleCommand
{
    public EvalCommand(StandardStreams streams)
        : base(
            "eval",
            "Measures how accurate a model is: perplexity, divergence from another model, GSM8K, MMLU.",
            "With --out or --state every finished item is recorded, so an interrupted run goes on where it was when the same command is given again. "
                + "docs/accuracy.md tells how the scores relate to those of lm-eval-harness, and what the public models reach.",
            new("nemotronh eval perplexity --data text.txt", "Tells how well the tiny model predicts a text."),
            new("nemotronh eval gsm8k --help", "Explains one of the benchmarks."))
    {
        Add(new EvalPerplexityCommand(streams));
        Add(new EvalKlCommand(streams));
        Add(new EvalGsm8kCommand(streams));
        Add(new EvalMmluCommand(streams));
    }
}
