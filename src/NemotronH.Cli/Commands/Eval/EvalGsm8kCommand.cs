using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Text.Templates;

namespace NemotronH.Cli.Commands.Eval;

/// <summary><c>nemotronh eval gsm8k</c>: how many grade-school problems a model solves.</summary>
internal sealed class EvalGsm8kCommand : ExampleCommand
{
    private readonly ItemOptions _items = new("FILE.jsonl", "The problems: JSON lines as OpenAI published them.", "problems");
    private readonly Option<int?> _fewShot = ValueOption.Integer(
        "--fewshot", "N", "Solved examples before each problem. [default: 5, with --chat 0]", atLeast: 0);

    private readonly Option<string?> _fewShotData = ValueOption.Text(
        "--fewshot-data", "FILE.jsonl", "Where the examples are drawn from. [default: from the problems; those are then not asked]");

    private readonly Option<bool> _chat = ValueOption.Flag("--chat", "Ask by the model's chat template (without one, in the markup of Nemotron 3) instead of as a text to continue.");
    private readonly Option<string?> _thinking = ValueOption.Choice(
        "--thinking", "Whether the model thinks first; with --chat. [default: off]", "on", "off");

    private readonly Option<int?> _maxTokens = ValueOption.Integer(
        "--max-tokens", "N", "Most tokens of a solution. [default: 256, with --chat 1024, thinking 8192]", atLeast: 1);

    private readonly Option<double?> _temperature = SharedOptions.Temperature(
        "Divides the logits; 0 always takes the most likely token. [default: 0]");

    private readonly Option<double?> _topP = SharedOptions.TopP("Keeps the fewest most likely tokens whose probabilities reach P. [default: 1]");
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly RunOptions _run = new();
    private readonly ResultOptions _results;
    private readonly StandardStreams _streams;

    public EvalGsm8kCommand(StandardStreams streams)
        : base(
            "gsm8k",
            "Tells how many problems of GSM8K a model solves.",
            "A solution is judged twice: by the number behind '#### ' (strict-match), and by its last number (flexible-extract). "
                + "Base models are asked with examples, as the task gsm8k of lm-eval-harness does; tuned models with --chat.",
            new(
                "nemotronh eval gsm8k --data gsm8k_test.jsonl --fewshot-data gsm8k_train.jsonl --model DIR --out result.json",
                "Asks a base model, five-shot."),
            new(
                "nemotronh eval gsm8k --data gsm8k_test.jsonl --chat --thinking on --limit 100 --model DIR",
                "Asks a tuned model a hundred problems."))
    {
        _streams = streams;
        _results = new ResultOptions(streams);
        _items.AddTo(this);
        Array.ForEach<Option>([_fewShot, _fewShotData, _chat, _thinking, _maxTokens, _temperature, _topP, _model], Add);
        _run.AddTo(this);
        _results.AddTo(this);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        _results.Check(parse);
        var evaluated = new EvaluatedModel(parse.GetValue(_model), _run, parse, _streams);
        ChatTemplate? template = parse.GetValue(_chat) ? ChatTemplate.LoadIfAny(evaluated.Path) : null;
        Gsm8kPrompts prompts = Gsm8kPrompts.Load(_items.Data(parse), evaluated.Tokenizer, ReadOptions(parse), template);
        if (prompts.HasNoTemplate)
        {
            _streams.Error.WriteLine($"note: {evaluated.Path} has no chat template; the problems are asked in the markup of Nemotron 3");
        }

        int batch = _items.Batch(parse);
        using LanguageModel model = evaluated.Load(batch, prompts.LongestPrompt + prompts.Options.MaxTokensOrDefault, cancellationToken);
        return _results.Run(new Gsm8kTask(model, prompts, batch), parse, cancellationToken);
    }

    private Gsm8kOptions ReadOptions(ParseResult parse) => new()
    {
        FewShot = parse.GetValue(_fewShot),
        FewShotPath = parse.GetValue(_fewShotData),
        Chat = parse.GetValue(_chat),
        Thinking = parse.GetValue(_thinking) == "on",
        Limit = _items.Limit(parse),
        Seed = _items.Seed(parse),
        MaxTokens = parse.GetValue(_maxTokens),
        Temperature = parse.GetValue(_temperature) ?? 0,
        TopP = parse.GetValue(_topP) ?? 1,
    };
}
