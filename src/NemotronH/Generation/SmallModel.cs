using NemotronH.Caching;
using NemotronH.Configuration;
using TorchSharp;

namespace NemotronH.Generation;

/// <summary>Models so small that, on the CPU, the operations of a decode step are over before another thread of OpenMP's has woken.</summary>
internal static class SmallModel
{
    /// <summary>Weights of so many parameters fit a last-level cache in float32.</summary>
    private const long MostParameters = 16 << 20;

    /// <summary>Whether a model decodes on one thread, with weights packed for that.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="caches">Where its caches lie.</param>
    public static bool Decodes(NemotronHConfig config, CacheOptions caches) =>
        caches.Device.type == DeviceType.CPU && ModelFootprint.Of(config).Parameters <= MostParameters;
}
