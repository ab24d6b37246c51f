using FsCheck;
using FsCheck.Fluent;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class WeightFormatsTests : IDisposable
{
    private const string Module = "backbone.layers.1.mixer.up_proj";

    private readonly StoredTensors _source = new();

    public void Dispose() => _source.Dispose();

    [Theory]
    [InlineData(StoredDtype.BFloat16)]
    [InlineData(StoredDtype.Float16)]
    [InlineData(StoredDtype.Float32)]
    [InlineData(StoredDtype.Float64)]
    public void Plain_numbers_are_unquantised(StoredDtype dtype)
    {
        Store("weight", dtype);
        Assert.Equal(WeightFormat.Unquantized, WeightFormats.Detect(_source, Module));
    }

    [Fact]
    public void E4M3_codes_with_a_scale_are_FP8()
    {
        Store("weight", StoredDtype.Float8E4M3);
        Store("weight_scale", StoredDtype.Float32);
        Store("input_scale", StoredDtype.Float32);
        Assert.Equal(WeightFormat.Fp8, WeightFormats.Detect(_source, Module));
    }

    [Fact]
    public void Packed_codes_with_two_scales_are_NVFP4_with_or_without_an_input_scale()
    {
        StoreNvfp4();
        Assert.Equal(WeightFormat.Nvfp4, WeightFormats.Detect(_source, Module));
        Store("input_scale", StoredDtype.Float32);
        Assert.Equal(WeightFormat.Nvfp4, WeightFormats.Detect(_source, Module));
    }

    [Fact]
    public void Weight_packed_with_its_scales_is_NVFP4_of_compressed_tensors()
    {
        StoreCompressedTensors();
        Assert.Equal(WeightFormat.CompressedTensorsNvfp4, WeightFormats.Detect(_source, Module));
    }

    [Fact]
    public void A_missing_weight_is_named()
    {
        Assert.Equal(
            $"module '{Module}': tensor '{Module}.weight' is missing; expected BFloat16, Float16, Float32 or Float64, Float8E4M3 or packed UInt8 weights",
            Message());
    }

    [Theory]
    [InlineData("weight_scale", "Float8E4M3")]
    [InlineData("weight_scale_2", "Float32")]
    public void A_missing_companion_of_NVFP4_is_named(string companion, string expected)
    {
        StoreNvfp4();
        _source.Remove($"{Module}.{companion}");
        Assert.Equal($"module '{Module}': tensor '{Module}.{companion}' is missing; expected {expected}", Message());
    }

    [Theory]
    [InlineData("weight_scale", "Float8E4M3")]
    [InlineData("weight_global_scale", "Float32")]
    public void A_missing_companion_of_compressed_tensors_is_named(string companion, string expected)
    {
        StoreCompressedTensors();
        _source.Remove($"{Module}.{companion}");
        Assert.Equal($"module '{Module}': tensor '{Module}.{companion}' is missing; expected {expected}", Message());
    }

    [Fact]
    public void FP8_codes_without_a_scale_are_refused()
    {
        Store("weight", StoredDtype.Float8E4M3);
        Assert.Equal($"module '{Module}': tensor '{Module}.weight_scale' is missing; expected Float32", Message());
    }

    [Fact]
    public void A_companion_of_another_dtype_is_refused()
    {
        StoreNvfp4();
        Store("weight_scale", StoredDtype.UInt8);
        Assert.Equal($"module '{Module}': tensor '{Module}.weight_scale' is stored as UInt8; expected Float8E4M3", Message());
    }

    [Theory]
    [InlineData(StoredDtype.BFloat16, "weight_scale", "BFloat16 weights")]
    [InlineData(StoredDtype.Float32, "weight_scale_2", "Float32 weights")]
    [InlineData(StoredDtype.Float8E4M3, "weight_scale_2", "FP8 weights")]
    [InlineData(StoredDtype.UInt8, "pre_quant_scale", "NVFP4 weights")]
    [InlineData(StoredDtype.UInt8, "weight_global_scale", "NVFP4 weights")]
    public void A_mixture_of_formats_is_refused(StoredDtype weight, string companion, string weights)
    {
        Store("weight", weight);
        Store(companion, StoredDtype.Float32);
        Assert.Equal($"module '{Module}': tensor '{Module}.{companion}' stands beside {weights}; expected none of that name", Message());
    }

    [Fact]
    public void A_weight_beside_a_packed_weight_is_refused()
    {
        StoreCompressedTensors();
        Store("weight", StoredDtype.BFloat16);
        Assert.Equal(
            $"module '{Module}': tensor '{Module}.weight' stands beside packed weights of compressed-tensors; expected none of that name", Message());
    }

    [Fact]
    public void Another_dtype_of_weights_is_refused()
    {
        Store("weight", StoredDtype.Int8);
        Assert.Equal(
            $"module '{Module}': tensor '{Module}.weight' is stored as Int8; expected BFloat16, Float16, Float32 or Float64, Float8E4M3 (FP8) or UInt8 (NVFP4)",
            Message());
    }

    [Fact]
    public void Any_mixture_of_tensors_is_a_known_format_or_an_error_that_names_the_module()
    {
        string[] names = ["weight", "weight_scale", "weight_scale_2", "weight_packed", "weight_global_scale", "pre_quant_scale", "input_scale"];
        StoredDtype[] dtypes = [StoredDtype.BFloat16, StoredDtype.Float32, StoredDtype.UInt8, StoredDtype.Float8E4M3, StoredDtype.Int8];
        Gen<int[]> mixtures = Gen.ArrayOf(Gen.Choose(-2, dtypes.Length - 1), names.Length);
        Check.QuickThrowOnFailure(Prop.ForAll(mixtures.ToArbitrary(), mixture =>
        {
            using var source = new StoredTensors();
            for (int i = 0; i < names.Length; i++)
            {
                if (mixture[i] >= 0)
                {
                    source.Add($"{Module}.{names[i]}", zeros([2, 2]), dtypes[mixture[i]]);
                }
            }

            try
            {
                return WeightFormats.Detect(source, Module) switch
                {
                    WeightFormat.Unquantized => !Has("weight_scale") && !Has("weight_packed"),
                    WeightFormat.Fp8 => Has("weight_scale") && !Has("weight_scale_2"),
                    WeightFormat.Nvfp4 => Has("weight_scale") && Has("weight_scale_2"),
                    _ => Has("weight_packed") && Has("weight_global_scale") && !Has("weight"),
                };
            }
            catch (CheckpointException exception)
            {
                return exception.Message.StartsWith($"module '{Module}': tensor '{Module}.", StringComparison.Ordinal);
            }

            bool Has(string name) => source.Describe($"{Module}.{name}") is not null;
        }));
    }

    private string Message() => Assert.Throws<CheckpointException>(() => WeightFormats.Detect(_source, Module)).Message;

    private void StoreNvfp4()
    {
        Store("weight", StoredDtype.UInt8);
        Store("weight_scale", StoredDtype.Float8E4M3);
        Store("weight_scale_2", StoredDtype.Float32);
    }

    private void StoreCompressedTensors()
    {
        Store("weight_packed", StoredDtype.UInt8);
        Store("weight_scale", StoredDtype.Float8E4M3);
        Store("weight_global_scale", StoredDtype.Float32);
    }

    private void Store(string name, StoredDtype dtype) => _source.Add($"{Module}.{name}", zeros([2, 2]), dtype);
}
