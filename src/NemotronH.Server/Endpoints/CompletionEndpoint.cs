using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NemotronH.Server.Answers;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary><c>POST /v1/completions</c>.</summary>
/// <param name="model">The model.</param>
/// <param name="options">The server's limits.</param>
/// <param name="admissions">Lets requests in.</param>
/// <param name="metrics">Measures.</param>
/// <param name="logger">Is told of each request.</param>
internal sealed class CompletionEndpoint(
    ServedModel model, ServerOptions options, Admissions admissions, ServerMetrics metrics, ILogger<CompletionEndpoint> logger)
{
    private const string Operation = "text_completion";

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        long arrived = Stopwatch.GetTimestamp();
        using Admission admission = admissions.Enter(context.RequestAborted);
        using JsonDocument body = await RequestBody.ReadAsync(context.Request, admission.Token);
        CompletionRequest request = CompletionRequestReader.Read(body.RootElement, options);
        model.Require(request.Model);
        string id = $"cmpl-{Guid.NewGuid():N}";
        if (options.LogText)
        {
            RequestLog.Asked(logger, id, body.RootElement.GetProperty("prompt").GetRawText());
        }

        await using CompletionAnswers answers = await CompletionAnswers.SubmitAsync(
            model, request, options, () => new AnswerMeter(metrics, Operation, arrived), admission.Token);
        try
        {
            await (request.Stream.IsOn
                ? StreamAsync(context, id, request, answers, admission.Token)
                : WriteAsync(context, id, answers, admission.Token));
        }
        finally
        {
            RequestLog.Answered(logger, new RequestSummary(
                id,
                context.Request.Path,
                answers.CountTokens(),
                [.. answers.All.Select(answer => answer.FinishReason)],
                answers.All[0].TimeToFirstToken,
                Stopwatch.GetElapsedTime(arrived)));
        }
    }

    private Task StreamAsync(
        HttpContext context, string id, CompletionRequest request, CompletionAnswers answers, CancellationToken cancellationToken) =>
        EventStream.WriteAsync(
            context,
            ReadChunksAsync(id, request.Stream.IncludeUsage, answers, cancellationToken),
            ServerJson.Plain.Completion,
            failure => RequestLog.Broke(logger, failure, id));

    private async IAsyncEnumerable<Completion> ReadChunksAsync(
        string id, bool includeUsage, CompletionAnswers answers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await foreach (CompletionPiece piece in answers.ReadAsync(cancellationToken))
        {
            if (piece is { Text: "", LogProbs: null, FinishReason: null })
            {
                continue;
            }

            yield return new Completion(id, created, model.Name, [CompletionPiece.Join([piece])], null);
        }

        if (includeUsage)
        {
            yield return new Completion(id, created, model.Name, [], answers.CountTokens());
        }
    }

    private async Task WriteAsync(HttpContext context, string id, CompletionAnswers answers, CancellationToken cancellationToken)
    {
        List<CompletionPiece>[] pieces = [.. answers.All.Select(_ => new List<CompletionPiece>())];
        await foreach (CompletionPiece piece in answers.ReadAsync(cancellationToken))
        {
            pieces[piece.Index].Add(piece);
        }

        CompletionChoice[] choices = [.. pieces.Select(CompletionPiece.Join)];
        if (options.LogText)
        {
            RequestLog.Said(logger, id, string.Join('\n', choices.Select(choice => choice.Text)));
        }

        var completion = new Completion(id, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), model.Name, choices, answers.CountTokens());
        await context.Response.WriteAsJsonAsync(completion, ServerJson.Plain.Completion, cancellationToken: context.RequestAborted);
    }
}
