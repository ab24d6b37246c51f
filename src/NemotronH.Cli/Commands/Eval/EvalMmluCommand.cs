using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Evaluation.Mmlu;

namespace NemotronH.Cli.Commands.Eval;

/// <summary><c>nemotronh eval mmlu</c>: how many multiple-choice questions a model answers rightly.</summary>
internal sealed class EvalMmluCommand : ExampleCommand
{
    private readonly ItemOptions _items = new(
        "DIR|FILE.parquet",
        "The questions: a folder with test/SUBJECT_test.csv and dev/SUBJECT_dev.csv, or with test-*.parquet and dev-*.parquet, or such a test file.",
        "questions");

    private readonly Option<int?> _fewShot = ValueOption.Integer(
        "--fewshot", "N", "Answered examples before each question, of its subject. [default: 5]", atLeast: 0);

    private readonly Option<string?> _fewShotData = ValueOption.Text(
        "--fewshot-data", "DIR|FILE.parquet", "Where the examples are taken from. [default: the dev questions beside the data]");

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly RunOptions _run = new();
    private readonly ResultOptions _results;
    private readonly StandardStreams _streams;

    public EvalMmluCommand(StandardStreams streams)
        : base(
            "mmlu",
            "Tells how many questions of MMLU a model answers rightly, by subject and category.",
            "The model's answer is the most likely of the letters A to D behind 'Answer:', with the prompts of the task mmlu of lm-eval-harness.",
            new("nemotronh eval mmlu --data mmlu --model DIR --out result.json --report report.html", "Asks all questions, five-shot."),
            new(
                "nemotronh eval mmlu --data test-00000-of-00001.parquet --fewshot 0 --limit 200 --model DIR",
                "Asks two hundred without examples."))
    {
        _streams = streams;
        _results = new ResultOptions(streams);
        _items.AddTo(this);
        Array.ForEach<Option>([_fewShot, _fewShotData, _model], Add);
        _run.AddTo(this);
        _results.AddTo(this);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        _results.Check(parse);
        var evaluated = new EvaluatedModel(parse.GetValue(_model), _run, parse, _streams);
        MmluPrompts prompts = MmluPrompts.Load(_items.Data(parse), evaluated.Tokenizer, new MmluOptions
        {
            FewShot = parse.GetValue(_fewShot) ?? new MmluOptions().FewShot,
            FewShotPath = parse.GetValue(_fewShotData),
            Limit = _items.Limit(parse),
            Seed = _items.Seed(parse),
        });
        int batch = _items.Batch(parse);
        using LanguageModel model = evaluated.Load(batch, prompts.LongestPrompt, cancellationToken);
        return _results.Run(new MmluTask(model, prompts, batch), parse, cancellationToken);
    }
}
