using System.Globalization;
using static TorchSharp.torch;

namespace NemotronH.Cli.Options;

/// <summary>A device as it is written: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
/// <param name="CudaIndex">Which GPU, or <see langword="null"/> for the CPU.</param>
internal sealed record DeviceName(int? CudaIndex)
{
    private const string CudaPrefix = "cuda:";

    /// <summary>Reads a name.</summary>
    /// <returns>The device's name, or <see langword="null"/> where the text is none.</returns>
    public static DeviceName? Parse(string text) => text switch
    {
        "cpu" => new DeviceName(CudaIndex: null),
        "cuda" => new DeviceName(0),
        _ when text.StartsWith(CudaPrefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(CudaPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            => new DeviceName(index),
        _ => null,
    };

    /// <summary>The device; libtorch must be loaded.</summary>
    /// <exception cref="NemotronHException">There is no such device.</exception>
    public Device Open()
    {
        if (CudaIndex is not { } index)
        {
            return CPU;
        }

        int count = cuda.is_available() ? cuda.device_count() : 0;
        return index < count
            ? device(TorchSharp.DeviceType.CUDA, index)
            : throw new NemotronHException(
                $"there is no device cuda:{index}: {count} usable CUDA devices were found; 'nemotronh doctor' tells more");
    }
}
