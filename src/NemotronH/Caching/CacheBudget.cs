using NemotronH.Configuration;
using NemotronH.Kernels.Interop;
using TorchSharp;

namespace NemotronH.Caching;

/// <summary>Whether a model's caches fit, asked before weights are loaded.</summary>
internal static class CacheBudget
{
    /// <summary>Checks sizes against what a process can address and, on the CPU, against the machine's memory.</summary>
    /// <exception cref="NemotronHException">The caches are too large; the message says how large and what to make smaller.</exception>
    public static void Verify(NemotronHConfig config, CacheOptions options)
    {
        Check(options.MaxContext >= 1, $"the longest context is {options.MaxContext} tokens; expected at least 1");
        Check(options.MaxSequences >= 1, $"the number of sequences is {options.MaxSequences}; expected at least 1");
        UInt128 bytes = Bytes(config, options);
        long available = options.Device.type == DeviceType.CPU ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : long.MaxValue;
        bool addressable = Rows(options) <= int.MaxValue;
        Check(
            addressable && bytes <= (UInt128)available,
            $"caches for {options.MaxSequences} sequences of {options.MaxContext} tokens need {Gibibytes(bytes)} GiB; "
                + $"{(addressable ? $"this machine has {Gibibytes((UInt128)available)} GiB" : "that is more than can be addressed")}: "
                + "take a shorter context (--max-context) or fewer sequences (--max-sequences)");
    }

    /// <summary>Bytes of all caches.</summary>
    public static UInt128 Bytes(NemotronHConfig config, CacheOptions options)
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        UInt128 keyValues = (UInt128)footprint.KeyValueBytes(1, Size(options.KeyValueDtype)) * Rows(options);
        var states = (UInt128)(footprint.SsmStateBytes + footprint.ConvStateBytes(Size(options.ConvDtype)));
        return keyValues + ((UInt128)options.MaxSequences * states);
    }

    /// <summary>Tokens whose keys and values the caches hold.</summary>
    private static UInt128 Rows(CacheOptions options) =>
        options.HasPages ? (UInt128)options.Pages * (UInt128)options.PageSize : (UInt128)options.MaxSequences * (UInt128)options.MaxContext;

    /// <summary>Bytes of an element.</summary>
    public static int Size(torch.ScalarType dtype) => dtype switch
    {
        AtenInterop.Float8E4M3 => 1,
        torch.ScalarType.BFloat16 or torch.ScalarType.Float16 => 2,
        _ => 4,
    };

    private static string Gibibytes(UInt128 bytes) => ((double)bytes / (1L << 30)).ToString("0.#");

    private static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new NemotronHException(message);
        }
    }
}
