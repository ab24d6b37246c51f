using System.Globalization;
using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads the parameters that chat and completion requests share.</summary>
internal static class SamplingReader
{
    private const int MostStops = 16;
    private const int MostBiases = 1024;

    /// <summary>What clients of vLLM may ask for and this server has not.</summary>
    internal static readonly string[] Unsupported = ["min_tokens", "stop_token_ids"];

    /// <summary>Reads them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxTokens">Most tokens of an answer, which the two kinds of requests call by different names.</param>
    /// <exception cref="ApiException">One is not what it should be.</exception>
    internal static SamplingParameters Read(RequestObject request, int? maxTokens) => new()
    {
        MaxTokens = maxTokens,
        Temperature = request.Number("temperature", 0, 2),
        TopP = request.Number("top_p", 0, 1),
        TopK = (int?)request.Integer("top_k", -1, int.MaxValue),
        MinP = request.Number("min_p", 0, 1),
        RepetitionPenalty = request.Number("repetition_penalty", 0.01, 100),
        FrequencyPenalty = request.Number("frequency_penalty", -2, 2),
        PresencePenalty = request.Number("presence_penalty", -2, 2),
        LogitBias = ReadLogitBias(request),
        Seed = request.Integer("seed", long.MinValue, long.MaxValue),
        Stop = ReadStop(request),
        IgnoreEos = request.Flag("ignore_eos") ?? false,
        KeepSpecialTokens = !(request.Flag("skip_special_tokens") ?? true),
    };

    /// <summary>Takes what OpenAI's API has for its own purposes and what asks for nothing.</summary>
    internal static void TakeHarmless(RequestObject request)
    {
        request.Text("user");
        request.Text("safety_identifier");
        request.Text("prompt_cache_key");
        request.Object("metadata");
        request.Choice("service_tier", "auto", "default");
        if (request.Flag("store") == true)
        {
            throw ApiException.BadRequest("store", "'store' is not supported by this server: it keeps no answers", "unsupported_parameter");
        }
    }

    private static List<string> ReadStop(RequestObject request)
    {
        const string name = "stop";
        string path = request.PathOf(name);
        JsonElement? value = request.Take(name);
        List<string> stops = value switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } text => [RequestObject.TextOf(text, path)],
            { ValueKind: JsonValueKind.Array } list =>
                [.. list.EnumerateArray().Select((text, i) => RequestObject.TextOf(text, $"{path}[{i}]"))],
            { } other => throw RequestObject.WrongType(path, other, "a string or a list of strings"),
        };
        return stops.Count <= MostStops && !stops.Contains("")
            ? stops
            : throw ApiException.BadRequest(
                path, $"'{path}' holds {stops.Count} strings; expected at most {MostStops}, none of them empty");
    }

    private static Dictionary<int, float> ReadLogitBias(RequestObject request)
    {
        const string name = "logit_bias";
        var biases = new Dictionary<int, float>();
        if (request.Take(name) is not { } value)
        {
            return biases;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw RequestObject.WrongType(name, value, "an object of numbers by token id");
        }

        foreach (JsonProperty bias in value.EnumerateObject())
        {
            bool isId = int.TryParse(RequestObject.NameOf(bias), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            bool isBias = bias.Value.ValueKind == JsonValueKind.Number && bias.Value.GetDouble() is >= -100 and <= 100;
            if (!isId || !isBias || biases.Count == MostBiases)
            {
                throw ApiException.BadRequest(
                    name,
                    $"'{name}' has an entry that is not understood; expected at most {MostBiases} token ids with numbers from -100 to 100");
            }

            biases[id] = (float)bias.Value.GetDouble();
        }

        return biases;
    }
}
