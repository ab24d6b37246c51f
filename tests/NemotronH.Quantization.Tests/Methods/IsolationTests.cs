using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>What a model needs stands in its own objects: building and running one changes nothing outside it.</summary>
public sealed class IsolationTests : IDisposable
{
    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public IsolationTests()
    {
        new RandomWeights(1).AddFp8(_source, "a", 8, 32);
        new RandomWeights(2).AddNvfp4(_source, "b", 8, 32);
        new RandomWeights(3).AddNvfp4(_source, "bank.0.up_proj", 16, 32);
        new RandomWeights(4).AddFp8(_source, "bank.0.down_proj", 32, 16);
        _source.Add("a.input_scale", tensor(0.01f));
    }

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void Loading_and_applying_changes_no_environment_variable_and_no_setting_of_torch()
    {
        object before = Snapshot();
        LoadAndApply(new WeightOptions { ComputeDtype = ScalarType.BFloat16, Fp8Method = Fp8Method.W8A8, DequantizationBytes = 100 });
        Assert.Equal(before, Snapshot());

        static string Snapshot() => string.Join('\n', Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(pair => $"{pair.Key}={pair.Value}").Order())
            + $"\n{get_default_dtype()} {get_default_device()} {get_num_threads()} {get_num_interop_threads()} {is_grad_enabled()} {is_inference_mode_enabled()}"
            + $" {backends.cuda.matmul.allow_tf32} {backends.cuda.matmul.allow_fp16_reduced_precision_reduction} {backends.cudnn.allow_tf32}"
            + $" {backends.cuda.flash_sdp_enabled()} {backends.cuda.math_sdp_enabled()}";
    }

    [Fact]
    public void The_library_has_no_static_that_could_change()
    {
        string[] mutable = [.. typeof(WeightLoader).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !type.Name.Contains('<'))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsLiteral && (!field.IsInitOnly || typeof(Tensor).IsAssignableFrom(field.FieldType)))
            .Select(field => $"{field.DeclaringType}.{field.Name}")];
        Assert.Empty(mutable);
    }

    [Fact]
    public void Two_models_of_one_checkpoint_with_different_options_give_what_each_gives_alone()
    {
        WeightOptions plain = new(), other = new() { ComputeDtype = ScalarType.BFloat16, Fp8Method = Fp8Method.W8A8, DequantizationBytes = 64 };
        Tensor[] plainAlone = LoadAndApply(plain), otherAlone = LoadAndApply(other);
        Assert.False(plainAlone[0].allclose(otherAlone[0].to(ScalarType.Float32), rtol: 1e-3));

        Loaded first = Load(plain), second = Load(other);
        for (int turn = 0; turn < 3; turn++)
        {
            AssertSame(plainAlone, first.Apply());
            AssertSame(otherAlone, second.Apply());
        }

        first.Dispose();
        AssertSame(otherAlone, second.Apply());
        second.Dispose();
    }

    [Fact]
    public void A_loaded_method_is_not_moved_or_converted()
    {
        using Loaded model = Load(new WeightOptions());
        foreach (nn.Module module in new nn.Module[] { model.A, model.B, model.Bank })
        {
            string name = module.GetName();
            string expected = $"module '{name}' cannot be moved or converted after loading; expected its device and dtype to be chosen in WeightOptions.";
            Assert.Equal(expected, Assert.Throws<InvalidOperationException>(() => module.to(DeviceType.META)).Message);
            Assert.Equal(expected, Assert.Throws<InvalidOperationException>(() => module.to(ScalarType.BFloat16)).Message);
            Assert.Equal(expected, Assert.Throws<InvalidOperationException>(() => module.to(new Device(DeviceType.META), ScalarType.BFloat16)).Message);
        }
    }

    [Fact]
    public void A_model_around_a_bank_is_not_moved_either()
    {
        using var outer = new Outer(Load(new WeightOptions()).Bank);
        Assert.Contains("module 'bank' cannot be moved", Assert.Throws<InvalidOperationException>(() => outer.to(DeviceType.META)).Message, StringComparison.Ordinal);
    }

    private Tensor[] LoadAndApply(WeightOptions options)
    {
        using Loaded model = Load(options);
        return model.Apply();
    }

    private Loaded Load(WeightOptions options)
    {
        var loader = new WeightLoader(_source, options);
        return new(loader, loader.LoadLinear("a", 8, 32), loader.LoadLinear("b", 8, 32), loader.LoadExperts("bank", 1, 32, 16));
    }

    private static void AssertSame(Tensor[] expected, Tensor[] actual) =>
        Assert.All(expected.Zip(actual), pair => RandomWeights.AssertSame(pair.First, pair.Second));

    private sealed record Loaded(WeightLoader Loader, LinearMethod A, LinearMethod B, ExpertsMethod Bank) : IDisposable
    {
        public Tensor[] Apply()
        {
            Tensor input = new RandomWeights(5).Input(3, 32).to(Loader.Options.ComputeDtype);
            return [A.forward(input), B.forward(input), Bank.forward(input, zeros([3, 1], ScalarType.Int64), ones([3, 1]))];
        }

        public void Dispose()
        {
            A.Dispose();
            B.Dispose();
            Bank.Dispose();
            Loader.Workspace.Dispose();
        }
    }

    private sealed class Outer : nn.Module
    {
        private readonly ExpertsMethod _bank;

        public Outer(ExpertsMethod bank)
            : base("outer")
        {
            _bank = bank;
            RegisterComponents();
        }

        public ExpertsMethod Bank => _bank;
    }
}
