using System.Text.Json;
using NemotronH.Server.Answers;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
/// <param name="services">What it works with.</param>
internal sealed class ChatEndpoint(GenerationServices services) : GenerationEndpoint<ChatRequest, ChatPiece>(GenerationKind.Chat, services)
{
    /// <inheritdoc/>
    protected override ChatRequest Read(JsonElement body) => ChatRequestReader.Read(body, Options);

    /// <inheritdoc/>
    protected override IEnumerable<IAnswer<ChatPiece>> Submit(ChatRequest request, Func<AnswerMeter> meter, CancellationToken cancellationToken) =>
        ChatAnswers.Submit(Model, request, Options, meter, cancellationToken);

    /// <inheritdoc/>
    protected override Task StreamAsync(Exchange exchange, ChatRequest request, AnswerSet<ChatPiece> answers) => SendAsync(
        exchange,
        new ChatChunks(exchange.Id, Model.Name, answers).ReadAsync(request.Stream.IncludeUsage, exchange.CancellationToken),
        ServerJson.Plain.ChatCompletionChunk);

    /// <inheritdoc/>
    protected override async Task WriteAsync(Exchange exchange, ChatRequest request, AnswerSet<ChatPiece> answers)
    {
        IReadOnlyList<IReadOnlyList<ChatPiece>> pieces = await answers.ReadToEndAsync(exchange.CancellationToken);
        ChatChoice[] choices = [.. pieces.Select((own, i) => ChatMessageBuilder.Join(i, own, request.TopLogProbs is not null))];
        await SendAsync(
            exchange,
            new ChatCompletion(exchange.Id, exchange.Created, Model.Name, choices, answers.CountTokens()),
            ServerJson.Plain.ChatCompletion);
    }
}
