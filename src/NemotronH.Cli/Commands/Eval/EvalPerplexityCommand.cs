using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Cli.Commands.Eval;

/// <summary><c>nemotronh eval perplexity</c>: how well a model predicts a text.</summary>
internal sealed class EvalPerplexityCommand : ExampleCommand
{
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly RunOptions _run = new();
    private readonly TextOptions _text = new();
    private readonly ResultOptions _results;
    private readonly StandardStreams _streams;

    public EvalPerplexityCommand(StandardStreams streams)
        : base(
            "perplexity",
            "Tells how well a model predicts a text: its perplexity and bits per byte.",
            "The text is covered with windows that overlap; every token but the first is predicted once, from those before it in the first window "
                + "that holds it. Nothing is added to the text.",
            new("nemotronh eval perplexity --data text.txt", "Measures the tiny model on a text."),
            new(
                "nemotronh eval perplexity --data text.txt --window 2048 --stride 512 --out result.json --report report.html",
                "Keeps the result, and shows the loss by position; an interrupted run goes on when repeated."))
    {
        _streams = streams;
        _results = new ResultOptions(streams);
        _text.AddTo(this);
        Add(_model);
        _run.AddTo(this);
        _results.AddTo(this);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        _results.Check(parse);
        var evaluated = new EvaluatedModel(parse.GetValue(_model), _run, parse, _streams);
        TextWindows text = _text.Load(evaluated, parse);
        int batch = _text.Batch(parse);
        using LanguageModel model = evaluated.Load(batch, text.LongestWindow, cancellationToken);
        return _results.Run(new PerplexityTask(model, text, batch), parse, cancellationToken);
    }
}
