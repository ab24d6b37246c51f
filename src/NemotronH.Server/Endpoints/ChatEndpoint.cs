using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NemotronH.Server.Answers;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
/// <param name="model">The model.</param>
/// <param name="options">The server's limits.</param>
/// <param name="admissions">Lets requests in.</param>
/// <param name="metrics">Measures.</param>
/// <param name="logger">Is told of each request.</param>
internal sealed class ChatEndpoint(
    ServedModel model, ServerOptions options, Admissions admissions, ServerMetrics metrics, ILogger<ChatEndpoint> logger)
{
    private const string Operation = "chat";

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        long arrived = Stopwatch.GetTimestamp();
        using Admission admission = admissions.Enter(context.RequestAborted);
        using JsonDocument body = await RequestBody.ReadAsync(context.Request, admission.Token);
        ChatRequest request = ChatRequestReader.Read(body.RootElement, options);
        model.Require(request.Model);
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        if (options.LogText)
        {
            RequestLog.Asked(logger, id, request.Messages.GetRawText());
        }

        await using ChatAnswers answers = await ChatAnswers.SubmitAsync(
            model, request, options, () => new AnswerMeter(metrics, Operation, arrived), admission.Token);
        try
        {
            await (request.Stream.IsOn
                ? StreamAsync(context, id, request, answers, admission.Token)
                : WriteAsync(context, id, request, answers, admission.Token));
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

    private Task StreamAsync(HttpContext context, string id, ChatRequest request, ChatAnswers answers, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<ChatCompletionChunk> chunks =
            new ChatChunks(id, model.Name, answers).ReadAsync(request.Stream.IncludeUsage, cancellationToken);
        return EventStream.WriteAsync(
            context, chunks, ServerJson.Plain.ChatCompletionChunk, failure => RequestLog.Broke(logger, failure, id));
    }

    private async Task WriteAsync(
        HttpContext context, string id, ChatRequest request, ChatAnswers answers, CancellationToken cancellationToken)
    {
        ChatMessageBuilder[] builders =
            [.. answers.All.Select((_, i) => new ChatMessageBuilder(i, request.TopLogProbs is not null))];
        await foreach (ChatPiece piece in answers.ReadAsync(cancellationToken))
        {
            builders[piece.Index].Add(piece);
        }

        ChatChoice[] choices = [.. builders.Select(builder => builder.Build())];
        if (options.LogText)
        {
            RequestLog.Said(logger, id, string.Join('\n', choices.Select(choice => choice.Message.Content)));
        }

        var completion = new ChatCompletion(id, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), model.Name, choices, answers.CountTokens());
        await context.Response.WriteAsJsonAsync(
            completion, ServerJson.Plain.ChatCompletion, cancellationToken: context.RequestAborted);
    }
}
