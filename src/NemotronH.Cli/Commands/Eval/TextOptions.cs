using System.CommandLine;
using NemotronH.Cli.Options;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Cli.Commands.Eval;

/// <summary>The options that say which text is cut into windows and how, and which of those are evaluated.</summary>
internal sealed class TextOptions
{
    private readonly ItemOptions _items = new("FILE", "The text: UTF-8, taken as it stands.", "windows");

    private readonly Option<int?> _window = ValueOption.Integer(
        "--window", "W", "Tokens in a window. [default: 1024, or the model's context if that is shorter]", atLeast: 2);

    private readonly Option<int?> _stride = ValueOption.Integer(
        "--stride",
        "S",
        "Tokens between the beginnings of windows; a window scores only what no earlier one did. [default: half a window]",
        atLeast: 1);

    private readonly Option<int?> _maxTokens = ValueOption.Integer(
        "--max-tokens", "N", "Use only the first N tokens of the text.", atLeast: 2);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _items.AddTo(command);
        command.Add(_window);
        command.Add(_stride);
        command.Add(_maxTokens);
    }

    /// <summary>Windows at a time.</summary>
    public int Batch(ParseResult parse) => _items.Batch(parse);

    /// <summary>Reads and cuts the text.</summary>
    /// <param name="model">The model whose tokenizer reads it.</param>
    /// <param name="parse">The command line.</param>
    /// <exception cref="NemotronHException">The file is not what it should be, or an option does not go with another.</exception>
    public TextWindows Load(EvaluatedModel model, ParseResult parse)
    {
        var defaults = new TextWindowOptions();
        return TextWindows.Load(_items.Data(parse), model.Tokenizer, new TextWindowOptions
        {
            Window = parse.GetValue(_window) ?? Math.Min(defaults.Window, model.MaxContext),
            Stride = parse.GetValue(_stride),
            MaxTokens = parse.GetValue(_maxTokens),
            Limit = _items.Limit(parse),
            Seed = _items.Seed(parse),
        });
    }
}
