using System.CommandLine;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh logits</c>: scores every position of a sequence and writes the scores to a file.</summary>
internal sealed class LogitsCommand : ExampleCommand
{
    private const string TensorName = "logits";

    private readonly Option<long[]?> _ids = TokenIdsOption.Create("--ids", "Token ids of the sequence.");
    private readonly Option<string?> _out = ValueOption.Text("--out", "FILE", "The safetensors file to write.");
    private readonly Option<int?> _decodeFrom = ValueOption.Integer(
        "--decode-from",
        "K",
        "Run the ids from position K on through the decode step, one at a time; the others are prefilled. [default: all are prefilled]",
        atLeast: 0);

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly RunOptions _run = new();
    private readonly StandardStreams _streams;

    public LogitsCommand(StandardStreams streams)
        : base(
            "logits",
            "Scores every position of a sequence of token ids and writes the scores to a file.",
            $"FILE is in safetensors format and holds one float32 tensor, '{TensorName}' [ids, vocabulary]. No tokenizer is needed.",
            new(
                "nemotronh logits --ids 1,2,3 --out logits.safetensors",
                "Row i scores every token of the vocabulary as the one that follows the first i + 1 ids."),
            new(
                "nemotronh logits --ids 1,2,3,4 --decode-from 2 --out decoded.safetensors",
                "Prefills two ids and decodes two: the same scores, up to rounding."))
    {
        _streams = streams;
        _ids.Required = true;
        _out.Required = true;
        Add(_ids);
        Add(_out);
        Add(_decodeFrom);
        Add(_model);
        _run.AddTo(this);
        Add(_json);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        string path = parse.GetValue(_out)!;
        int[] ids = TokenIdsOption.Narrow(parse.GetValue(_ids)!);
        string directory = ModelLocator.OfProgram.Find(parse.GetValue(_model));
        long[] shape = [ids.Length, NemotronHConfigReader.Load(directory).VocabSize];

        // The file comes first: a model may take minutes to load, a path that cannot be written shows at once.
        using var writer = new SafetensorsWriter(path, [new StoredTensorInfo(TensorName, StoredDtype.Float32, shape)]);
        using var loaded = LoadedModel.Load(directory, _run, parse, _streams, cancellationToken);
        using Tensor logits = loaded.Model.ComputeLogits(ids, parse.GetValue(_decodeFrom));
        cancellationToken.ThrowIfCancellationRequested();
        writer.Write(TensorName, logits);
        writer.Complete();
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, new LogitsResult(path, TensorName, shape));
        }

        return ExitCode.Success;
    }
}

/// <summary>What <c>logits --json</c> prints.</summary>
/// <param name="Out">The file.</param>
/// <param name="Tensor">The tensor's name in it.</param>
/// <param name="Shape">[ids, vocabulary].</param>
internal sealed record LogitsResult(string Out, string Tensor, IReadOnlyList<long> Shape);
