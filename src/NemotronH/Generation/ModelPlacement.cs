using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Runtime;
using NemotronH.Modules;
using NemotronH.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Places a model, its caches and its decode steps in a device's memory; where one does not fit, the message names it.</summary>
/// <param name="device">The device.</param>
/// <param name="advice">What would make it fit.</param>
internal sealed class ModelPlacement(Device device, string advice)
{
    private const double Gibibyte = 1L << 30;

    /// <summary>Refuses, before anything is loaded, a model that a GPU could not hold if nothing else were on it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="weights">Bytes of its weights.</param>
    /// <param name="caches">Bytes of its caches.</param>
    /// <exception cref="NemotronHException">More is needed than there is.</exception>
    public void VerifyFit(string name, long weights, UInt128 caches)
    {
        if (device.type == DeviceType.CUDA)
        {
            int index = Math.Max(0, device.index);
            VerifyFit(name, weights, caches, DeviceMemory.Total(index), DeviceMemory.Free(index));
        }
    }

    /// <inheritdoc cref="VerifyFit(string, long, UInt128)"/>
    internal void VerifyFit(string name, long weights, UInt128 caches, long total, long free)
    {
        if ((UInt128)weights + caches > (UInt128)total)
        {
            throw new NemotronHException(
                $"'{name}' does not fit on {device}: weights of {weights / Gibibyte:0.0} GiB and caches of {(double)caches / Gibibyte:0.0} GiB; "
                + $"it has {total / Gibibyte:0.0} GiB, {free / Gibibyte:0.0} GiB of them free: {advice}");
        }
    }

    /// <summary>Loads a model's weights.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="loader">Where the weights come from and go.</param>
    /// <param name="clampLikeHf">See <see cref="NemotronHModel"/>.</param>
    /// <param name="progress">Told how many blocks are loaded.</param>
    /// <exception cref="NemotronHException">The memory does not suffice, or a tensor is not what it should be.</exception>
    public NemotronHModel Weights(NemotronHConfig config, WeightLoader loader, bool clampLikeHf, IProgress<int>? progress)
    {
        int loaded = 0;
        var counter = new Counter(count =>
        {
            loaded = count;
            progress?.Report(count);
        });
        return DeviceAllocation.Place(
            device,
            () => $"the weights, {loaded} of {config.Layers.Length} layers of which are loaded",
            advice,
            () => new NemotronHModel(config, loader, clampLikeHf, counter));
    }

    /// <summary>Allocates a model's caches.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="options">Their sizes.</param>
    /// <exception cref="NemotronHException">The memory does not suffice.</exception>
    public ModelCache Caches(NemotronHConfig config, CacheOptions options) => DeviceAllocation.Place(
        device, () => $"the caches of {options.MaxSequences} sequences", advice, () => new ModelCache(config, options));

    /// <summary>Prepares a model's decode steps.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cache">Its caches.</param>
    /// <param name="options">Batch sizes and graphs.</param>
    /// <returns>The steps; or why the modules decode: one line that names the part of the model that there are no kernels for.</returns>
    /// <exception cref="NemotronHException">The memory does not suffice, or the GPU is not one that there are kernels for.</exception>
    public (RecordedDecoder? Decoder, string? Note) Decoder(NemotronHModel model, ModelCache cache, RecordedDecoderOptions options)
    {
        try
        {
            return (DeviceAllocation.Place(device, () => "the buffers of decode steps", advice, () => new RecordedDecoder(model, cache, options)), null);
        }
        catch (NoDecodeStepException refusal)
        {
            return (null, refusal.Message);
        }
    }

    private sealed class Counter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
