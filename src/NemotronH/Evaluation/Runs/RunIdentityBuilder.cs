using System.Reflection;
using System.Text.Json.Nodes;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Evaluation.Runs;

/// <summary>Collects what determines a run's result.</summary>
internal sealed class RunIdentityBuilder
{
    private static readonly string Version =
        typeof(RunIdentityBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly JsonObject _facts = [];

    public RunIdentityBuilder(string task)
    {
        _facts["task"] = task;
        _facts["nemotronh"] = Version;
    }

    /// <summary>Adds an option; one that is not set is left out.</summary>
    public RunIdentityBuilder With(string name, JsonNode? value)
    {
        if (value is not null)
        {
            _facts[name] = value;
        }

        return this;
    }

    /// <summary>Adds a data source.</summary>
    public RunIdentityBuilder WithData(string name, string source, string sha256) => With(name, source).With($"{name}_sha256", sha256);

    /// <summary>Adds a model, and how it is run: where, how precisely and in pieces of which length.</summary>
    /// <param name="role"><c>model</c> or <c>reference</c>.</param>
    /// <param name="model">The model.</param>
    public RunIdentityBuilder WithModel(string role, LanguageModel model)
    {
        Caching.CacheOptions cache = model.Runner.Cache.Options;
        With(role, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Directory))));
        With($"{role}_fingerprint", ModelFingerprint.Compute(model.Directory));
        With($"{role}_device", cache.Device.type == TorchSharp.DeviceType.CUDA ? "cuda" : "cpu");
        With($"{role}_dtype", Name(cache.ComputeDtype));
        With($"{role}_kv_cache_dtype", Name(cache.KeyValueDtype));
        With($"{role}_nvfp4", Name(model.Options.Nvfp4Method!.Value));
        With($"{role}_fp8", Name(model.Options.Fp8Method));
        With($"{role}_prefill_chunk", model.Options.PrefillChunk);
        return With($"{role}_hf_time_step_clamp", model.Options.HfTimeStepClamp ? true : null);
    }

    public RunIdentity Build() => new(_facts);

    private static string Name(ScalarType type) => type == AtenInterop.Float8E4M3 ? "float8_e4m3" : Name((Enum)type);

    private static string Name(Enum value) => value.ToString().ToLowerInvariant();
}
