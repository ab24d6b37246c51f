using NemotronH.Generation;

namespace NemotronH.Chat;

/// <summary>Which model a host loads, and how. The plain members can be bound to configuration.</summary>
public sealed class NemotronHChatClientOptions
{
    /// <summary>The checkpoint's directory; required.</summary>
    public string ModelDirectory { get; set; } = "";

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>; <see langword="null"/> takes a GPU where there is one.</summary>
    public string? Device { get; set; }

    /// <summary>Longest conversation in tokens, answer included; <see langword="null"/> takes the longest the model was made for.</summary>
    public int? MaxContext { get; set; }

    /// <summary>See <see cref="EngineOptions.MaxSequences"/>; <see langword="null"/> takes its default.</summary>
    public int? MaxSequences { get; set; }

    /// <summary>See <see cref="EngineOptions.QueueLimit"/>; <see langword="null"/> takes its default.</summary>
    public int? QueueLimit { get; set; }

    /// <summary>See <see cref="EngineOptions.PrefixCacheBytes"/>; <see langword="null"/> takes its default.</summary>
    public long? PrefixCacheBytes { get; set; }

    /// <summary>Changes any other option of the engine; called once, before the model is loaded.</summary>
    public Func<EngineOptions, EngineOptions>? ConfigureEngine { get; set; }
}
