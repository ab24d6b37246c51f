using System.Runtime.CompilerServices;
using System.Text.Json;
using NemotronH.Server.Answers;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary><c>POST /v1/completions</c>.</summary>
/// <param name="services">What it works with.</param>
internal sealed class CompletionEndpoint(GenerationServices services)
    : GenerationEndpoint<CompletionRequest, CompletionPiece>(GenerationKind.Completion, services)
{
    /// <inheritdoc/>
    protected override CompletionRequest Read(JsonElement body) => CompletionRequestReader.Read(body, Options);

    /// <inheritdoc/>
    protected override IEnumerable<IAnswer<CompletionPiece>> Submit(
        CompletionRequest request, Func<AnswerMeter> meter, CancellationToken cancellationToken) =>
        CompletionAnswers.Submit(Model, request, Options, meter, cancellationToken);

    /// <inheritdoc/>
    protected override Task StreamAsync(Exchange exchange, CompletionRequest request, AnswerSet<CompletionPiece> answers) => SendAsync(
        exchange, ReadChunksAsync(exchange, request.Stream.IncludeUsage, answers, exchange.CancellationToken), ServerJson.Plain.Completion);

    /// <inheritdoc/>
    protected override async Task WriteAsync(Exchange exchange, CompletionRequest request, AnswerSet<CompletionPiece> answers)
    {
        IReadOnlyList<IReadOnlyList<CompletionPiece>> pieces = await answers.ReadToEndAsync(exchange.CancellationToken);
        CompletionChoice[] choices = [.. pieces.Select(CompletionPiece.Join)];
        await SendAsync(exchange, Body(exchange, choices, answers.CountTokens()), ServerJson.Plain.Completion);
    }

    private async IAsyncEnumerable<Completion> ReadChunksAsync(
        Exchange exchange, bool includeUsage, AnswerSet<CompletionPiece> answers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (CompletionPiece piece in answers.ReadAsync(cancellationToken))
        {
            if (piece is not { Text: "", LogProbs: null, FinishReason: null })
            {
                yield return Body(exchange, [CompletionPiece.Join([piece])], null);
            }
        }

        if (includeUsage)
        {
            yield return Body(exchange, [], answers.CountTokens());
        }
    }

    private Completion Body(Exchange exchange, IReadOnlyList<CompletionChoice> choices, Usage? usage) =>
        new(exchange.Id, exchange.Created, Model.Name, choices, usage);
}
