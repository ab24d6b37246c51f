using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Configuration;

namespace NemotronH.Generation;

/// <summary>Divides memory among sequences before any of it is taken: how many there can be, how long, and how many pages they share.</summary>
/// <param name="MaxSequences">Sequences at once.</param>
/// <param name="MaxContext">Tokens of the longest.</param>
/// <param name="Pages">Attention pages for all of them.</param>
/// <param name="PrefixCacheBytes">Bytes for states that are kept.</param>
/// <param name="Notices">What is less than was asked for, one line each.</param>
internal sealed record CachePlan(int MaxSequences, int MaxContext, int Pages, long PrefixCacheBytes, IReadOnlyList<string> Notices)
{
    /// <summary>A further sequence that cannot have this many tokens is not worth a slot.</summary>
    private const int UsefulTokens = 1024;

    /// <summary>Plans the caches of a model.</summary>
    /// <param name="options">What is wished for.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="wished">Caches of as many and as long sequences as are wished for.</param>
    /// <param name="free">Bytes of memory that the weights leave.</param>
    /// <exception cref="NemotronHException">Not even one sequence of the length that was asked for fits.</exception>
    public static CachePlan Make(EngineOptions options, NemotronHConfig config, CacheOptions wished, long free)
    {
        var notices = new List<string>();
        long prefixes = Math.Min(options.PrefixCacheBytes, Math.Max(0, free / 4));
        if (prefixes < options.PrefixCacheBytes)
        {
            notices.Add($"{Message.Bytes(prefixes)} are kept for the prefix cache, not {Message.Bytes(options.PrefixCacheBytes)}: memory allows no more");
        }

        long bytes = Math.Min(options.CacheBytes ?? long.MaxValue, free - prefixes);
        long states = StateBytes(config, wished), page = PageBytes(config, wished);
        int context = FitContext(options, wished, bytes, states, page, notices);
        int longest = wished.PagesFor(context);
        long further = states + (Math.Min(longest, wished.PagesFor(UsefulTokens)) * page);
        long sequences = Math.Min(options.MaxSequences, 1 + ((bytes - states - (longest * page)) / Math.Max(1, further)));
        if (sequences < options.MaxSequences)
        {
            notices.Add(
                $"{sequences} sequences run at once, not {options.MaxSequences}: their caches may take {Message.Bytes(bytes)}, "
                    + $"and each has {Message.Bytes(states)} of Mamba states besides its keys and values; "
                    + "fewer where requests set no limit of tokens, as each of those is promised the whole context");
        }

        long pages = Math.Min(sequences * longest, (bytes - (sequences * states)) / Math.Max(1, page));
        return new CachePlan((int)sequences, context, (int)Math.Min(pages, int.MaxValue / wished.PageSize), prefixes, notices);
    }

    /// <summary>Bytes of an attention page in all layers.</summary>
    public static long PageBytes(NemotronHConfig config, CacheOptions caches) =>
        ModelFootprint.Of(config).KeyValueBytes(caches.PageSize, CacheBudget.Size(caches.KeyValueDtype));

    /// <summary>Bytes of one sequence's Mamba states in all layers.</summary>
    public static long StateBytes(NemotronHConfig config, CacheOptions caches)
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        return footprint.SsmStateBytes + footprint.ConvStateBytes(CacheBudget.Size(caches.ConvDtype));
    }

    /// <summary>A length that was asked for is kept or refused; the model's own is cut down to what fits.</summary>
    private static int FitContext(EngineOptions options, CacheOptions wished, long bytes, long states, long page, List<string> notices)
    {
        long needed = states + (wished.PagesPerSequence * page);
        if (needed <= bytes)
        {
            return wished.MaxContext;
        }

        int fitting = (int)Math.Max(0, (bytes - states) / Math.Max(1, page) * wished.PageSize);
        string problem = $"one sequence of {wished.MaxContext} tokens needs caches of {Message.Bytes(needed)}, and {Message.Bytes(Math.Max(0, bytes))} are left for them";
        if (options.Model.MaxContext is not null || fitting == 0)
        {
            throw new NemotronHException($"{problem}: take a shorter context (--max-context)");
        }

        notices.Add($"sequences end at {fitting} tokens: {problem}");
        return fitting;
    }
}
