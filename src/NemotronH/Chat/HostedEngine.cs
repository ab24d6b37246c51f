using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Chat;

/// <summary>Loads the engine when the host starts, or when it is first used without a host; drains it when the host stops.</summary>
internal sealed class HostedEngine : IHostedService, IAsyncDisposable, IDisposable
{
    private readonly Lazy<Task<NemotronHChatClient>> _client;
    private readonly CancellationTokenSource _stop = new();
    private int _disposed;

    /// <summary>Creates it; nothing is loaded yet.</summary>
    /// <param name="options">The options, validated when they are first read.</param>
    /// <param name="name">Name of the options.</param>
    /// <param name="loggers">Where the engine logs.</param>
    public HostedEngine(IOptionsMonitor<NemotronHChatClientOptions> options, string name, ILoggerFactory? loggers) =>
        _client = new(() => LoadAsync(options.Get(name), loggers, _stop.Token));

    /// <summary>The client, once the model is loaded.</summary>
    public Task<NemotronHChatClient> GetClientAsync(CancellationToken cancellationToken) => _client.Value.WaitAsync(cancellationToken);

    /// <summary>The client, or <see langword="null"/> while the model is not loaded.</summary>
    public NemotronHChatClient? LoadedClient => _client is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } ? _client.Value.Result : null;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => GetClientAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (LoadedClient is { } client)
        {
            try
            {
                await client.Engine.DrainAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The host's patience is over; what still runs is cancelled when it disposes of its services.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The services hold it under two types, so it is disposed of twice.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (_client.IsValueCreated)
        {
            try
            {
                await (await _client.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NemotronHException or OperationCanceledException or OptionsValidationException)
            {
                // It was never loaded: whoever asked for it got the exception.
            }
        }

        _stop.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static Task<NemotronHChatClient> LoadAsync(NemotronHChatClientOptions options, ILoggerFactory? loggers, CancellationToken cancellationToken)
    {
        EngineOptions defaults = new();
        EngineOptions engine = defaults with
        {
            Model = new ModelOptions { Device = options.Device is { } name ? new Device(name) : null, MaxContext = options.MaxContext },
            MaxSequences = options.MaxSequences ?? defaults.MaxSequences,
            QueueLimit = options.QueueLimit ?? defaults.QueueLimit,
            PrefixCacheBytes = options.PrefixCacheBytes ?? defaults.PrefixCacheBytes,
            LoggerFactory = loggers,
        };
        return NemotronHChatClient.LoadAsync(options.ModelDirectory, options.ConfigureEngine?.Invoke(engine) ?? engine, null, cancellationToken);
    }
}
