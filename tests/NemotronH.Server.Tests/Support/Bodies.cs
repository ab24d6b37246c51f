using System.Text.Json.Nodes;

namespace NemotronH.Server.Tests.Support;

/// <summary>Requests of the tests.</summary>
internal static class Bodies
{
    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    public static string Quote(string text) => JsonValue.Create(text).ToJsonString();

    /// <summary>A greedy chat request for exactly so many tokens, with further parameters that begin with a comma.</summary>
    public static JsonObject Chat(string text, int tokens, string further = "") => Parse(
        $$"""{"messages":[{"role":"user","content":{{Quote(text)}}}],"temperature":0,"max_tokens":{{tokens}},"ignore_eos":true{{further}}}""");

    /// <summary>A chat request that goes on until somebody ends it, for a server of <see cref="RunningServer.EndlessEngine"/>.</summary>
    public static JsonObject Endless(string further = "") => Chat("Speak.", RunningServer.EndlessTokens, further);

    /// <summary>A greedy completion request for exactly so many tokens, with further parameters that begin with a comma.</summary>
    public static JsonObject Completion(string prompt, int tokens, string further = "") => Parse(
        $$"""{"prompt":{{prompt}},"temperature":0,"max_tokens":{{tokens}},"ignore_eos":true{{further}}}""");
}
