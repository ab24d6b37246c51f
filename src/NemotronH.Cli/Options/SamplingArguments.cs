using System.CommandLine;
using System.Globalization;
using NemotronH.Generation;

namespace NemotronH.Cli.Options;

/// <summary>The options that say how a text is continued and when it ends.</summary>
internal sealed class SamplingArguments
{
    private readonly Option<int?> _maxTokens = ValueOption.Integer("--max-tokens", "N", "Most tokens to generate.", atLeast: 0);

    private readonly Option<double?> _temperature = SharedOptions.Temperature(
        "Divides the logits: below 1 the likely gets likelier; 0 always takes the most likely token. Given --top-p, --top-k or --min-p alone, "
            + "a model that does not sample by itself does so at 1.");

    private readonly Option<double?> _topP = SharedOptions.TopP("Keeps the fewest most likely tokens whose probabilities reach P; 1 keeps all.");
    private readonly Option<int?> _topK = ValueOption.Integer("--top-k", "K", "Keeps the K most likely tokens; 0 keeps all.", atLeast: 0);

    private readonly Option<double?> _minP = ValueOption.Number(
        "--min-p",
        "P",
        "Keeps tokens at least P times as likely as the most likely one; 0 keeps all.",
        "a number from 0 to 1",
        value => value is >= 0 and <= 1);

    private readonly Option<double?> _repetitionPenalty = ValueOption.Number(
        "--repetition-penalty",
        "R",
        "Makes tokens that have occurred less likely; 1 changes nothing.",
        "a number above 0",
        value => value > 0);

    private readonly Option<long?> _seed = ValueOption.Parsed<long?>(
        "--seed",
        "S",
        "Seed of the draw, 64 bits; the same seed gives the same text. [default: another one each time]",
        "a 64-bit whole number",
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong bits) ? (long)bits
            : null);

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Text that ends the generation and is not part of it; may be given more than once.",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _ignoreEos = ValueOption.Flag("--ignore-eos", "Go on when the model ends the text.");

    public SamplingArguments() => _stop.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError("--stop: '' is not a text that can end anything; expected at least one character");
        }
    });

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_maxTokens);
        command.Add(_temperature);
        command.Add(_topP);
        command.Add(_topK);
        command.Add(_minP);
        command.Add(_repetitionPenalty);
        command.Add(_seed);
        command.Add(_stop);
        command.Add(_ignoreEos);
    }

    /// <summary>What a command line asks for.</summary>
    public GenerationOptions Read(ParseResult parse) => new()
    {
        MaxTokens = parse.GetValue(_maxTokens),
        Temperature = parse.GetValue(_temperature),
        TopP = parse.GetValue(_topP),
        TopK = parse.GetValue(_topK),
        MinP = parse.GetValue(_minP),
        RepetitionPenalty = parse.GetValue(_repetitionPenalty),
        Seed = parse.GetValue(_seed),
        StopStrings = parse.GetValue(_stop) ?? [],
        IgnoreEos = parse.GetValue(_ignoreEos),
    };
}
