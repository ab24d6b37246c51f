using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization;

public sealed class QuantizationConfigWriterTests
{
    [Fact]
    public void One_algorithm_is_written_as_modelopt_does()
    {
        QuantizationConfig config = QuantizationConfig.FromModules(new Dictionary<string, ModulePrecision>
        {
            ["lm_head"] = ModulePrecision.Unquantized,
            ["backbone.layers.0.mixer.in_proj"] = ModulePrecision.Nvfp4,
            ["backbone.layers.0.mixer.conv1d"] = ModulePrecision.Unquantized,
        }, KvCachePrecision.Fp8);
        AssertJson("""
            {"producer":{"name":"modelopt","version":"test 1"},
             "quantization":{"quant_algo":"NVFP4","kv_cache_quant_algo":"FP8","group_size":16,"exclude_modules":["lm_head","backbone.layers.0.mixer.conv1d"]}}
            """, File(config));
        AssertJson("""
            {"config_groups":{"group_0":{"input_activations":{"dynamic":false,"num_bits":4,"type":"float","group_size":16},
               "weights":{"dynamic":false,"num_bits":4,"type":"float","group_size":16},"targets":["Linear"]}},
             "ignore":["lm_head","backbone.layers.0.mixer.conv1d"],"quant_algo":"NVFP4","kv_cache_scheme":{"dynamic":false,"num_bits":8,"type":"float"},
             "producer":{"name":"modelopt","version":"test 1"},"quant_method":"modelopt"}
            """, Section(config));
    }

    [Fact]
    public void Several_algorithms_are_written_module_by_module()
    {
        QuantizationConfig config = QuantizationConfig.FromModules(new Dictionary<string, ModulePrecision>
        {
            ["backbone.layers.1.mixer.experts.0.up_proj"] = ModulePrecision.W4A16Nvfp4,
            ["backbone.layers.0.mixer.in_proj"] = ModulePrecision.Fp8,
            ["lm_head"] = ModulePrecision.Unquantized,
        });
        AssertJson("""
            {"producer":{"name":"modelopt","version":"test 1"},
             "quantization":{"quant_algo":"MIXED_PRECISION","kv_cache_quant_algo":null,
              "quantized_layers":{"backbone.layers.1.mixer.experts.0.up_proj":{"quant_algo":"W4A16_NVFP4","group_size":16},"backbone.layers.0.mixer.in_proj":{"quant_algo":"FP8"}},
              "exclude_modules":["lm_head"]}}
            """, File(config));
        AssertJson("""
            {"config_groups":{
              "group_0":{"input_activations":{"dynamic":false,"num_bits":8,"type":"float"},"weights":{"dynamic":false,"num_bits":8,"type":"float"},"targets":["backbone.layers.0.mixer.in_proj"]},
              "group_1":{"weights":{"dynamic":false,"num_bits":4,"type":"float","group_size":16},"targets":["backbone.layers.1.mixer.experts.0.up_proj"]}},
             "quantized_layers":{"backbone.layers.1.mixer.experts.0.up_proj":{"quant_algo":"W4A16_NVFP4","group_size":16},"backbone.layers.0.mixer.in_proj":{"quant_algo":"FP8"}},
             "ignore":["lm_head"],"quant_algo":"MIXED_PRECISION","producer":{"name":"modelopt","version":"test 1"},"quant_method":"modelopt"}
            """, Section(config));
    }

    [Fact]
    public void Nothing_is_said_of_activations_where_none_were_calibrated()
    {
        QuantizationConfig config = QuantizationConfig.FromModules(new Dictionary<string, ModulePrecision>
        {
            ["lm_head"] = ModulePrecision.Unquantized,
            ["backbone.layers.0.mixer.in_proj"] = ModulePrecision.Fp8,
        });
        AssertJson("""
            {"config_groups":{"group_0":{"weights":{"dynamic":false,"num_bits":8,"type":"float"},"targets":["Linear"]}},
             "ignore":["lm_head"],"quant_algo":"FP8","producer":{"name":"modelopt","version":"test 1"},"quant_method":"modelopt"}
            """, Section(config, weightOnly: true));
    }

    [Fact]
    public void What_was_written_reads_back_and_verifies_every_module() =>
        Prop.ForAll(ModuleLists(), modules =>
        {
            QuantizationConfig written = QuantizationConfig.FromModules(modules, modules.Count % 2 == 0 ? KvCachePrecision.Fp8 : KvCachePrecision.Unquantized);
            QuantizationConfig read = TestConfigs.Parse(Section(written), File(written));
            foreach ((string module, ModulePrecision precision) in modules)
            {
                read.Verify(module, precision);
                if (precision == ModulePrecision.Unquantized || read.Algorithm == QuantizationAlgorithm.MixedPrecision)
                {
                    Assert.Equal(precision, read.Expected(module));
                }
            }

            return read.Algorithm == written.Algorithm && read.KvCache == written.KvCache
                && read.ExcludedModules.SequenceEqual(written.ExcludedModules)
                && read.QuantizedModules.OrderBy(module => module.Key).SequenceEqual(written.QuantizedModules.OrderBy(module => module.Key));
        }).QuickCheckThrowOnFailure();

    private static Arbitrary<Dictionary<string, ModulePrecision>> ModuleLists()
    {
        Gen<string> names = from layer in Gen.Choose(0, 20)
                            from module in Gen.Elements("mixer.in_proj", "mixer.out_proj", "mixer.q_proj", "mixer.experts.0.up_proj", "mixer.experts.10.up_proj", "mixer.conv1d")
                            select $"backbone.layers.{layer}.{module}";
        Gen<ModulePrecision> precisions = Gen.Elements(Enum.GetValues<ModulePrecision>());
        return Gen.ListOf(names.Zip(precisions)).Select(pairs => pairs.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2)).ToArbitrary();
    }

    private static JsonNode File(QuantizationConfig config) => Write(writer => QuantizationConfigWriter.WriteHfQuantConfig(writer, config, "test 1"));

    private static JsonNode Section(QuantizationConfig config, bool weightOnly = false) =>
        Write(writer => QuantizationConfigWriter.WriteSection(writer, config, "test 1", weightOnly));

    private static JsonNode Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonNode.Parse(buffer.WrittenSpan)!;
    }

    private static void AssertJson(string expected, JsonNode actual) => Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());
}
