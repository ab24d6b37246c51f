using System.CommandLine;
using System.Globalization;
using NemotronH.Cli.Options;

namespace NemotronH.Cli.Commands.Eval;

/// <summary>The options of every benchmark that say which items are evaluated, and how many at a time.</summary>
internal sealed class ItemOptions
{
    private const int DefaultBatch = 8;

    private readonly Option<string?> _data;
    private readonly Option<int?> _limit;
    private readonly Option<int?> _batch;

    private readonly Option<long?> _seed = ValueOption.Parsed<long?>(
        "--seed",
        "S",
        "Seed of every draw; the same seed draws the same. [default: 0]",
        "a 64-bit whole number",
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seed) ? seed : null);

    /// <summary>Makes the options of a benchmark.</summary>
    /// <param name="dataName">What stands for the data in the help.</param>
    /// <param name="dataDescription">What the data are.</param>
    /// <param name="items">What the items are called.</param>
    public ItemOptions(string dataName, string dataDescription, string items)
    {
        _data = ValueOption.Text("--data", dataName, dataDescription);
        _data.Required = true;
        _limit = ValueOption.Integer("--limit", "N", $"Evaluate only N {items}, drawn by the seed. [default: all]", atLeast: 1);
        _batch = ValueOption.Integer(
            "--batch",
            "B",
            $"Number of {items} that are run side by side; takes that many sequences' memory. [default: {DefaultBatch}]",
            atLeast: 1);
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_data);
        command.Add(_limit);
        command.Add(_seed);
        command.Add(_batch);
    }

    /// <summary>Where the data are.</summary>
    public string Data(ParseResult parse) => parse.GetValue(_data)!;

    /// <summary>How many items to evaluate.</summary>
    public int? Limit(ParseResult parse) => parse.GetValue(_limit);

    /// <summary>Seed of every draw.</summary>
    public long Seed(ParseResult parse) => parse.GetValue(_seed) ?? 0;

    /// <summary>Items at a time.</summary>
    public int Batch(ParseResult parse) => parse.GetValue(_batch) ?? DefaultBatch;
}
