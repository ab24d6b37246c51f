using NemotronH.Caching;
using NemotronH.Configuration;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>The caches that a model's options ask for.</summary>
internal static class ModelCaches
{
    /// <summary>Settles device, types and sizes.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="config">The model's shape.</param>
    public static CacheOptions Of(ModelOptions options, NemotronHConfig config)
    {
        Device device = options.Device ?? (cuda.is_available() ? CUDA : CPU);
        ScalarType dtype = options.Dtype ?? (device.type == DeviceType.CUDA ? ScalarType.BFloat16 : ScalarType.Float32);
        var caches = new CacheOptions
        {
            MaxSequences = options.MaxSequences,
            MaxContext = options.MaxContext ?? config.MaxPositionEmbeddings,
            Device = device,
            ComputeDtype = dtype,
            ConvDtype = CacheOptions.ConvDtypeFor(device, dtype),
            KeyValueDtype = options.KeyValueDtype ?? dtype,
            PackedAttention = options.FastPrefill,
        };
        return options.CachePages is int pages ? caches with { Pages = pages } : caches;
    }

    /// <summary>Whether decode steps over them are recorded: in bfloat16 on a GPU.</summary>
    /// <param name="caches">The caches.</param>
    public static bool AreRecorded(CacheOptions caches) =>
        caches.Device.type == DeviceType.CUDA && caches.ComputeDtype == ScalarType.BFloat16 && caches.KeyValueDtype != ScalarType.Float32;

    /// <summary>A slot and a page more, for the rows of a step that stand empty.</summary>
    /// <param name="caches">The caches.</param>
    public static CacheOptions WithPadding(CacheOptions caches) => caches with { Pages = caches.Pages + 1, MaxSequences = caches.MaxSequences + 1 };
}
