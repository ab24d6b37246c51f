using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Endpoints;

/// <summary><c>POST /tokenize</c> and <c>POST /detokenize</c>.</summary>
/// <param name="model">The model.</param>
/// <param name="preparation">Has requests wait for their turn.</param>
/// <param name="admissions">Lets requests in.</param>
internal sealed class TokenizeEndpoints(ServedModel model, Preparation preparation, Admissions admissions)
{
    /// <summary>Answers with the tokens of a text or of a chat's prompt.</summary>
    public async Task TokenizeAsync(HttpContext context)
    {
        using Admission admission = admissions.Enter(context.RequestAborted);
        using JsonDocument body = await RequestBody.ReadAsync(context.Request, admission.Token);
        TokenizeRequest request = TokenizeRequest.Read(body.RootElement);
        model.Require(request.Model);
        TokenizeResponse response = await preparation.RunAsync(() => Tokenize(request), admission.Token);
        await context.Response.WriteAsJsonAsync(
            response, ServerJson.Plain.TokenizeResponse, cancellationToken: context.RequestAborted);
    }

    /// <summary>Answers with the text of tokens.</summary>
    public async Task DetokenizeAsync(HttpContext context)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        DetokenizeRequest request = DetokenizeRequest.Read(body.RootElement);
        model.Require(request.Model);
        model.RequireTokens(request.Tokens, "tokens");
        await context.Response.WriteAsJsonAsync(
            new DetokenizeResponse(model.Tokenizer.Decode([.. request.Tokens], skipSpecialTokens: false)),
            ServerJson.Plain.DetokenizeResponse,
            cancellationToken: context.RequestAborted);
    }

    private TokenizeResponse Tokenize(TokenizeRequest request)
    {
        string text = request.Prompt ?? model.RequireChat().Template.Render(
            request.Messages!.Value, request.Tools, request.AddGenerationPrompt, request.TemplateArguments);
        int[] ids = model.Tokenizer.Encode(text, request.AddSpecialTokens);
        string[]? texts = request.ReturnTokenTexts ? [.. ids.Select(id => model.Tokenizer.IdToToken(id) ?? "")] : null;
        return new TokenizeResponse(ids.Length, model.Engine.MaxContext, ids, texts);
    }
}
