using System.Text.Json.Nodes;

namespace NemotronH.Cli.Tests.Support;

/// <summary>Ways to spoil a model that <see cref="TestModel"/> wrote.</summary>
internal static class SpoiledModel
{
    private const string UpProjection = "backbone.layers.3.mixer.up_proj.weight";

    /// <summary>What is done to the model's directory, and what the message must name: the culprit, what was found, what was expected.</summary>
    public static Dictionary<string, (Action<string> Spoil, string[] Named)> Cases { get; } = new()
    {
        ["config is missing"] = (
            model => File.Delete(Path.Join(model, "config.json")),
            ["config.json", "expected a model's directory"]),
        ["config is no JSON"] = (
            model => File.WriteAllText(Path.Join(model, "config.json"), "{\"hidden_size\": 6"),
            ["config.json", "is not JSON"]),
        ["config is an array"] = (
            model => File.WriteAllText(Path.Join(model, "config.json"), "[]"),
            ["config.json", "expected an object"]),
        ["field is missing"] = (
            model => EditConfig(model, config => config.Remove("hidden_size")),
            ["config.json", "'hidden_size'", "is missing"]),
        ["field has the wrong type"] = (
            model => EditConfig(model, config => config["hidden_size"] = "wide"),
            ["config.json", "'hidden_size'", "a string", "expected"]),
        ["field is negative"] = (
            model => EditConfig(model, config => config["ssm_state_size"] = -16),
            ["config.json", "'ssm_state_size'", "-16", "expected"]),
        ["another model type"] = (
            model => EditConfig(model, config => config["model_type"] = "nemotron_h_puzzle"),
            ["config.json", "'nemotron_h_puzzle'", "expected 'nemotron_h'"]),
        ["unknown layer letter"] = (
            model => EditConfig(model, config => config["hybrid_override_pattern"] = "MEx-M"),
            ["config.json", "'x'", "position 2", "expected M, E, * or -"]),
        ["top-k above the experts"] = (
            model => EditConfig(model, config => config["num_experts_per_tok"] = 5),
            ["config.json", "'num_experts_per_tok'", "5", "(4)"]),
        ["no weights"] = (
            model => File.Delete(Weights(model)),
            ["model.safetensors"]),
        ["safetensors is truncated"] = (
            model => EditFile(model, bytes => bytes[..^10]),
            ["model.safetensors", "truncated"]),
        ["safetensors is empty"] = (
            model => EditFile(model, _ => []),
            ["model.safetensors", "empty"]),
        ["header is longer than the file"] = (
            model => EditFile(model, bytes => [.. BitConverter.GetBytes((long)bytes.Length), .. bytes[8..]]),
            ["model.safetensors", "header"]),
        ["header is no JSON"] = (
            model => EditFile(model, bytes => [.. bytes[..8], (byte)'x', .. bytes[9..]]),
            ["model.safetensors", "not valid JSON"]),
        ["offset is negative"] = (
            model => EditTensor(model, tensor => tensor["data_offsets"]![0] = -2),
            ["model.safetensors", UpProjection, "-2", "expected"]),
        ["offset is outside the file"] = (
            model => EditTensor(model, tensor => tensor["data_offsets"]![1] = 1_000_000_000),
            ["model.safetensors", UpProjection, "1000000000", "outside"]),
        ["tensors overlap"] = (
            model => EditTensor(model, tensor => Shift(tensor, -4)),
            ["model.safetensors", "overlaps"]),
        ["dtype is unknown"] = (
            model => EditTensor(model, tensor => tensor["dtype"] = "F13"),
            ["model.safetensors", UpProjection, "'F13'", "expected"]),
        ["shape is not as expected"] = (
            model => EditTensor(model, tensor => tensor["shape"] = new JsonArray(64, 96)),
            [UpProjection, "[64, 96]", "[96, 64]"]),
        ["tensor is missing"] = (
            model => EditWeights(model, weights => Rename(weights, UpProjection, "mtp.spare.weight")),
            [UpProjection, "missing"]),
        ["tensor is unused"] = (
            model => EditWeights(model, weights => weights.Add("backbone.layers.0.mixer.extra.weight")),
            ["backbone.layers.0.mixer.extra.weight", "used by nothing"]),
        ["generation config is no JSON"] = (
            model => File.WriteAllText(Path.Join(model, "generation_config.json"), "x"),
            ["generation_config.json", "is not JSON"]),
        ["tokenizer is of another kind"] = (
            model => EditTokenizer(model, tokenizer => tokenizer["model"]!["type"] = "Unigram"),
            ["tokenizer.json", "Unigram", "expected BPE"]),
        ["tokenizer is no JSON"] = (
            model => File.WriteAllText(Path.Join(model, "tokenizer.json"), "x"),
            ["tokenizer.json"]),
    };

    private static string Weights(string model) => Path.Join(model, "model.safetensors");

    private static void EditConfig(string model, Action<JsonObject> edit) => EditJson(Path.Join(model, "config.json"), edit);

    private static void EditTokenizer(string model, Action<JsonObject> edit) => EditJson(Path.Join(model, "tokenizer.json"), edit);

    private static void EditJson(string path, Action<JsonObject> edit)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static void EditWeights(string model, Action<SafetensorsBytes> edit)
    {
        var weights = SafetensorsBytes.Read(Weights(model));
        edit(weights);
        weights.Write(Weights(model));
    }

    private static void EditTensor(string model, Action<JsonNode> edit) =>
        EditWeights(model, weights => edit(weights.Header[UpProjection]!));

    private static void Rename(SafetensorsBytes weights, string from, string to)
    {
        JsonNode tensor = weights.Header[from]!;
        weights.Header.Remove(from);
        weights.Header[to] = tensor;
    }

    private static void Shift(JsonNode tensor, int bytes)
    {
        tensor["data_offsets"]![0] = (int)tensor["data_offsets"]![0]! + bytes;
        tensor["data_offsets"]![1] = (int)tensor["data_offsets"]![1]! + bytes;
    }

    private static void EditFile(string model, Func<byte[], byte[]> edit) =>
        File.WriteAllBytes(Weights(model), edit(File.ReadAllBytes(Weights(model))));
}
