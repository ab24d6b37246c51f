using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NemotronH.Server.Answers;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary>An endpoint that has the model generate: what all of them do with a request, whatever its form and that of its answers.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TPiece">What answers come in.</typeparam>
/// <param name="kind">What it is called.</param>
/// <param name="services">What it works with.</param>
internal abstract class GenerationEndpoint<TRequest, TPiece>(GenerationKind kind, GenerationServices services)
    where TRequest : IGenerationRequest
    where TPiece : IAnswerPiece
{
    private readonly ILogger _logger = services.Loggers.CreateLogger("NemotronH.Server.Requests");

    /// <summary>The model.</summary>
    protected ServedModel Model => services.Model;

    /// <summary>The server's limits.</summary>
    protected ServerOptions Options => services.Options;

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        long arrived = Stopwatch.GetTimestamp();
        using Admission admission = services.Admissions.Enter(context.RequestAborted);
        using JsonDocument body = await RequestBody.ReadAsync(context.Request, admission.Token);
        TRequest request = Read(body.RootElement);
        Model.Require(request.Model);
        var exchange = new Exchange(context, kind.NewId(), admission.Token);
        if (Options.LogText)
        {
            RequestLog.Asked(_logger, exchange.Id, body.RootElement.GetProperty(kind.Prompt).GetRawText());
        }

        AnswerMeter NewMeter() => new(services.Metrics, kind.Operation, arrived);
        await using var answers = new AnswerSet<TPiece>(request.Choices, Options.LogText);
        await services.Preparation.RunAsync(
            () =>
            {
                Model.RequireRoom(request.Answers);
                return answers.Add(Submit(request, NewMeter, admission.Token));
            },
            admission.Token);
        try
        {
            await (request.Stream.IsOn ? StreamAsync(exchange, request, answers) : WriteAsync(exchange, request, answers));
        }
        finally
        {
            Log(exchange, answers, Stopwatch.GetElapsedTime(arrived));
        }
    }

    /// <summary>Checks a request.</summary>
    /// <exception cref="Errors.ApiException">Something in it is unknown, not supported, or not what it should be.</exception>
    protected abstract TRequest Read(JsonElement body);

    /// <summary>Has the model answer: hands each answer in when it is asked for.</summary>
    protected abstract IEnumerable<IAnswer<TPiece>> Submit(TRequest request, Func<AnswerMeter> meter, CancellationToken cancellationToken);

    /// <summary>Sends the answers while they are made.</summary>
    protected abstract Task StreamAsync(Exchange exchange, TRequest request, AnswerSet<TPiece> answers);

    /// <summary>Sends the answers once all are made.</summary>
    protected abstract Task WriteAsync(Exchange exchange, TRequest request, AnswerSet<TPiece> answers);

    /// <summary>Sends the pieces of a stream.</summary>
    protected Task SendAsync<T>(Exchange exchange, IAsyncEnumerable<T> chunks, JsonTypeInfo<T> type) =>
        EventStream.WriteAsync(exchange.Http, chunks, type, failure => RequestLog.Broke(_logger, failure, exchange.Id));

    /// <summary>Sends a whole body.</summary>
    protected static Task SendAsync<T>(Exchange exchange, T body, JsonTypeInfo<T> type) =>
        exchange.Http.Response.WriteAsJsonAsync(body, type, cancellationToken: exchange.Http.RequestAborted);

    private void Log(Exchange exchange, AnswerSet<TPiece> answers, TimeSpan duration)
    {
        if (Options.LogText)
        {
            RequestLog.Said(_logger, exchange.Id, string.Join('\n', answers.Said));
        }

        RequestLog.Answered(_logger, new RequestSummary(
            exchange.Id,
            exchange.Http.Request.Path,
            answers.CountTokens(),
            [.. answers.All.Select(answer => answer.FinishReason)],
            answers.All[0].TimeToFirstToken,
            duration));
    }
}
