using System.Text.Json;
using NemotronH.Quantization.Formats;

namespace NemotronH.Quantization;

/// <summary>Writes how a checkpoint is quantised in ModelOpt's two spellings, so that other engines read it.</summary>
public static class QuantizationConfigWriter
{
    /// <summary>vLLM refuses an <c>hf_quant_config.json</c> from a producer of another name; the version says who really wrote it.</summary>
    private const string ProducerName = "modelopt";

    private static readonly ModulePrecision[] GroupOrder = [ModulePrecision.Fp8, ModulePrecision.Nvfp4, ModulePrecision.W4A16Nvfp4];

    /// <summary>Writes the whole of <c>hf_quant_config.json</c>.</summary>
    /// <param name="writer">Receives one object.</param>
    /// <param name="config">What to write.</param>
    /// <param name="producerVersion">Program and version that made the checkpoint.</param>
    public static void WriteHfQuantConfig(Utf8JsonWriter writer, QuantizationConfig config, string producerVersion)
    {
        writer.WriteStartObject();
        WriteProducer(writer, producerVersion);
        writer.WriteStartObject("quantization");
        writer.WriteString("quant_algo", AlgorithmName(config));
        writer.WriteString("kv_cache_quant_algo", config.KvCache == KvCachePrecision.Fp8 ? "FP8" : null);
        if (AlgorithmNames.PrecisionOf(config.Algorithm).IsNvfp4())
        {
            writer.WriteNumber("group_size", Nvfp4.BlockSize);
        }

        WriteQuantizedLayers(writer, config);
        WriteStrings(writer, "exclude_modules", config.ExcludedModules);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the value of <c>quantization_config</c> in <c>config.json</c>.</summary>
    /// <param name="writer">Receives one object.</param>
    /// <param name="config">What to write.</param>
    /// <param name="producerVersion">Program and version that made the checkpoint.</param>
    /// <param name="weightOnly">
    /// Whether nothing is known of activations, which FP8 and NVFP4 modules are else described with: they have no <c>input_scale</c>.
    /// </param>
    public static void WriteSection(Utf8JsonWriter writer, QuantizationConfig config, string producerVersion, bool weightOnly = false)
    {
        writer.WriteStartObject();
        WriteGroups(writer, config, weightOnly);
        WriteQuantizedLayers(writer, config);
        WriteStrings(writer, "ignore", config.ExcludedModules);
        if (AlgorithmName(config) is string algorithm)
        {
            writer.WriteString("quant_algo", algorithm);
        }

        if (config.KvCache == KvCachePrecision.Fp8)
        {
            writer.WriteStartObject("kv_cache_scheme");
            WriteNumberFormat(writer, 8, groupSize: null);
            writer.WriteEndObject();
        }

        WriteProducer(writer, producerVersion);
        writer.WriteString("quant_method", "modelopt");
        writer.WriteEndObject();
    }

    private static string? AlgorithmName(QuantizationConfig config) =>
        config.Algorithm == QuantizationAlgorithm.None ? null : AlgorithmNames.Name(config.Algorithm);

    private static void WriteProducer(Utf8JsonWriter writer, string version)
    {
        writer.WriteStartObject("producer");
        writer.WriteString("name", ProducerName);
        writer.WriteString("version", version);
        writer.WriteEndObject();
    }

    private static void WriteQuantizedLayers(Utf8JsonWriter writer, QuantizationConfig config)
    {
        if (config.Algorithm != QuantizationAlgorithm.MixedPrecision)
        {
            return;
        }

        writer.WriteStartObject("quantized_layers");
        foreach ((string module, ModulePrecision precision) in config.QuantizedModules)
        {
            writer.WriteStartObject(module);
            writer.WriteString("quant_algo", precision.ToDisplayName());
            if (precision.IsNvfp4())
            {
                writer.WriteNumber("group_size", Nvfp4.BlockSize);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteGroups(Utf8JsonWriter writer, QuantizationConfig config, bool weightOnly)
    {
        writer.WriteStartObject("config_groups");
        if (config.Algorithm == QuantizationAlgorithm.MixedPrecision)
        {
            int group = 0;
            foreach (ModulePrecision precision in GroupOrder.Where(config.QuantizedModules.Values.Contains))
            {
                IEnumerable<string> targets = config.QuantizedModules.Where(module => module.Value == precision).Select(module => module.Key);
                WriteGroup(writer, $"group_{group++}", precision, targets.Order(StringComparer.Ordinal), weightOnly);
            }
        }
        else if (config.Algorithm != QuantizationAlgorithm.None)
        {
            WriteGroup(writer, "group_0", AlgorithmNames.PrecisionOf(config.Algorithm), ["Linear"], weightOnly);
        }

        writer.WriteEndObject();
    }

    private static void WriteGroup(
        Utf8JsonWriter writer, string name, ModulePrecision precision, IEnumerable<string> targets, bool weightOnly)
    {
        int bits = precision.IsNvfp4() ? 4 : 8;
        int? groupSize = precision.IsNvfp4() ? Nvfp4.BlockSize : null;
        writer.WriteStartObject(name);
        if (precision != ModulePrecision.W4A16Nvfp4 && !weightOnly)
        {
            writer.WriteStartObject("input_activations");
            WriteNumberFormat(writer, bits, groupSize);
            writer.WriteEndObject();
        }

        writer.WriteStartObject("weights");
        WriteNumberFormat(writer, bits, groupSize);
        writer.WriteEndObject();
        WriteStrings(writer, "targets", targets);
        writer.WriteEndObject();
    }

    private static void WriteNumberFormat(Utf8JsonWriter writer, int bits, int? groupSize)
    {
        writer.WriteBoolean("dynamic", false);
        writer.WriteNumber("num_bits", bits);
        writer.WriteString("type", "float");
        if (groupSize is int size)
        {
            writer.WriteNumber("group_size", size);
        }
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
