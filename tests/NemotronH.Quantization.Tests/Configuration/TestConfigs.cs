using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

/// <summary>Config files as the public checkpoints have them, and what it takes to read them.</summary>
internal static class TestConfigs
{
    /// <summary>3-Nano's <c>hf_quant_config.json</c>: one algorithm, 60 exact names excluded; its config.json says nothing.</summary>
    public static JsonObject Nano()
    {
        int[] beforeAttention = [4, 11, 18, 25, 32, 41];
        int[] attention = [5, 12, 19, 26, 33, 42];
        int[] mamba = [0, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23, 25, 28, 30, 32, 35, 37, 39, 41, 44, 46, 48, 50];
        IEnumerable<string> excluded = ["lm_head",
            .. beforeAttention.SelectMany(layer => new[] { "in_proj", "out_proj" }.Select(name => $"backbone.layers.{layer}.mixer.{name}")),
            .. attention.SelectMany(layer => "qkvo".Select(letter => $"backbone.layers.{layer}.mixer.{letter}_proj")),
            .. mamba.Select(layer => $"backbone.layers.{layer}.mixer.conv1d")];
        return HfQuantConfig(new JsonObject
        {
            ["quant_algo"] = "NVFP4",
            ["kv_cache_quant_algo"] = "FP8",
            ["group_size"] = 16,
            ["exclude_modules"] = Strings(excluded),
        });
    }

    /// <summary>A checkpoint of mixed precision, its modules as given: the section of config.json.</summary>
    public static JsonObject MixedSection(IReadOnlyDictionary<string, string> modules, string rooted = "")
    {
        static JsonObject Format(string algorithm) => algorithm == "FP8"
            ? new JsonObject { ["dynamic"] = false, ["num_bits"] = 8, ["type"] = "float" }
            : new JsonObject { ["dynamic"] = false, ["num_bits"] = 4, ["type"] = "float", ["group_size"] = 16 };

        var groups = new JsonObject();
        foreach (IGrouping<string, string> group in modules.GroupBy(module => module.Value, module => rooted + module.Key))
        {
            var described = new JsonObject { ["weights"] = Format(group.Key), ["targets"] = Strings(group) };
            if (group.Key != "W4A16_NVFP4")
            {
                described["input_activations"] = Format(group.Key);
            }

            groups[$"group_{groups.Count}"] = described;
        }

        return new JsonObject
        {
            ["config_groups"] = groups,
            ["quantized_layers"] = Layers(modules, rooted),
            ["ignore"] = new JsonArray(),
            ["quant_algo"] = "MIXED_PRECISION",
            ["kv_cache_scheme"] = Format("FP8"),
            ["producer"] = new JsonObject { ["name"] = "modelopt", ["version"] = "0.43.0" },
            ["quant_method"] = "modelopt",
        };
    }

    /// <summary>The same as <c>hf_quant_config.json</c> has it.</summary>
    public static JsonObject MixedFile(IReadOnlyDictionary<string, string> modules, string rooted = "") => HfQuantConfig(new JsonObject
    {
        ["quant_algo"] = "MIXED_PRECISION",
        ["kv_cache_quant_algo"] = "FP8",
        ["quantized_layers"] = Layers(modules, rooted),
        ["exclude_modules"] = new JsonArray(),
    });

    /// <summary>Some modules of 3-Super.</summary>
    public static Dictionary<string, string> SuperModules() => new()
    {
        ["backbone.layers.0.mixer.in_proj"] = "FP8",
        ["backbone.layers.1.mixer.experts.0.up_proj"] = "NVFP4",
        ["backbone.layers.1.mixer.experts.0.down_proj"] = "NVFP4",
        ["backbone.layers.1.mixer.experts.1.up_proj"] = "NVFP4",
        ["backbone.layers.1.mixer.experts.1.down_proj"] = "NVFP4",
        ["backbone.layers.1.mixer.shared_experts.up_proj"] = "FP8",
        ["backbone.layers.1.mixer.shared_experts.down_proj"] = "NVFP4",
    };

    /// <summary>The section of a checkpoint that llm-compressor wrote.</summary>
    public static JsonObject CompressedTensors() => new()
    {
        ["quant_method"] = "compressed-tensors",
        ["format"] = "nvfp4-pack-quantized",
        ["quantization_status"] = "compressed",
        ["config_groups"] = new JsonObject
        {
            ["group_0"] = new JsonObject
            {
                ["targets"] = Strings(["Linear"]),
                ["weights"] = new JsonObject
                {
                    ["num_bits"] = 4,
                    ["type"] = "float",
                    ["strategy"] = "tensor_group",
                    ["group_size"] = 16,
                    ["symmetric"] = true,
                    ["dynamic"] = false,
                },
                ["input_activations"] = new JsonObject { ["num_bits"] = 4, ["type"] = "float", ["group_size"] = 16, ["dynamic"] = "local" },
                ["output_activations"] = null,
            },
        },
        ["ignore"] = Strings(["lm_head", @"re:model\.layers\..*\.mixer\.conv1d$", "re:.*gate$"]),
        ["kv_cache_scheme"] = null,
        ["sparsity_config"] = new JsonObject(),
        ["transform_config"] = new JsonObject(),
    };

    public static JsonObject HfQuantConfig(JsonObject quantization) => new()
    {
        ["producer"] = new JsonObject { ["name"] = "modelopt", ["version"] = "0.29.0" },
        ["quantization"] = quantization,
    };

    public static JsonArray Strings(IEnumerable<string> strings) => [.. strings.Select(text => (JsonNode)text)];

    /// <summary>Reads a section of config.json and an <c>hf_quant_config.json</c>, either of which may be missing.</summary>
    public static QuantizationConfig Parse(JsonNode? section = null, JsonNode? file = null) =>
        QuantizationConfigReader.Parse(Element(section), Element(file), "dir") ?? throw new InvalidOperationException("no config");

    /// <summary>The message that reading ends with.</summary>
    public static string Error(JsonNode? section = null, JsonNode? file = null)
    {
        string message = Assert.Throws<QuantizationException>(() => Parse(section, file)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    public static string Path(string file) => System.IO.Path.Combine("dir", file);

    public static byte[] Utf8(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    private static JsonElement? Element(JsonNode? node) => node is null ? null : JsonSerializer.SerializeToElement(node);

    private static JsonObject Layers(IReadOnlyDictionary<string, string> modules, string rooted)
    {
        var layers = new JsonObject();
        foreach ((string module, string algorithm) in modules)
        {
            layers[rooted + module] = algorithm == "FP8"
                ? new JsonObject { ["quant_algo"] = algorithm }
                : new JsonObject { ["quant_algo"] = algorithm, ["group_size"] = 16 };
        }

        return layers;
    }
}
