using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Cli.Commands.Eval;

/// <summary><c>nemotronh eval kl</c>: how far a model's predictions are from another's.</summary>
internal sealed class EvalKlCommand : ExampleCommand
{
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<string?> _reference = ValueOption.Text(
        "--reference", "DIR|NAME", "The model that it is compared with, of the same vocabulary and tokenizer.");

    private readonly RunOptions _run = new();
    private readonly TextOptions _text = new();
    private readonly ResultOptions _results;
    private readonly StandardStreams _streams;

    public EvalKlCommand(StandardStreams streams)
        : base(
            "kl",
            "Tells how far a model's next-token probabilities on a text are from those of a reference.",
            "Gives KL(reference || model) per token in nats, how often both think the same token the most likely, and both perplexities: what a "
                + "quantised checkpoint lost, for one. Both models are loaded at once, with the same options.",
            new("nemotronh eval kl --data text.txt --model tiny-nvfp4 --reference tiny", "Compares a quantised model with its original."),
            new(
                "nemotronh eval kl --data text.txt --model A --reference B --limit 50 --report report.html",
                "Compares two models on fifty windows and shows a histogram."))
    {
        _streams = streams;
        _results = new ResultOptions(streams);
        _reference.Required = true;
        _text.AddTo(this);
        Add(_model);
        Add(_reference);
        _run.AddTo(this);
        _results.AddTo(this);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        _results.Check(parse);
        var evaluated = new EvaluatedModel(parse.GetValue(_model), _run, parse, _streams);
        var reference = new EvaluatedModel(parse.GetValue(_reference), _run, parse, _streams);
        TextWindows text = _text.Load(evaluated, parse);
        int batch = _text.Batch(parse);
        using LanguageModel model = evaluated.Load(batch, text.LongestWindow, cancellationToken);
        using LanguageModel other = reference.Load(batch, text.LongestWindow, cancellationToken);
        return _results.Run(new DivergenceTask(model, other, text, batch), parse, cancellationToken);
    }
}
