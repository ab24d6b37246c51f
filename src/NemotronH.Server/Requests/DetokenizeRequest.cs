using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>A request to <c>/detokenize</c>, checked.</summary>
/// <param name="Model">The model that is asked for, if one is.</param>
/// <param name="Tokens">The tokens.</param>
internal sealed record DetokenizeRequest(string? Model, IReadOnlyList<int> Tokens)
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">It is not what it should be.</exception>
    internal static DetokenizeRequest Read(JsonElement body)
    {
        var request = new RequestObject(body);
        var detokenize = new DetokenizeRequest(request.Text("model"), PromptReader.ReadIds(request.Require("tokens"), "tokens"));
        request.End();
        return detokenize;
    }
}
