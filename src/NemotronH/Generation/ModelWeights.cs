using NemotronH.Caching;
using NemotronH.Quantization;
using TorchSharp;

namespace NemotronH.Generation;

/// <summary>The way to hold weights that a model's options ask for.</summary>
internal static class ModelWeights
{
    /// <summary>Settles what the options leave open.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="caches">The model's caches: device and types.</param>
    public static WeightOptions Of(ModelOptions options, CacheOptions caches) => new()
    {
        Device = caches.Device,
        ComputeDtype = caches.ComputeDtype,
        Nvfp4Method = options.Nvfp4Method ?? (ModelCaches.AreRecorded(caches) ? Nvfp4Method.Fused : Nvfp4Method.Dequantize),
        Fp8Method = options.Fp8Method,
        GroupedExperts = options.FastPrefill && caches.Device.type == DeviceType.CUDA,
        ResidentExperts = options.ResidentExperts,
        PackedRowsPerExpert = options.PackedRowsPerExpert,
    };
}
