using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace NemotronH.Chat;

/// <summary>The chat client of a host: there at once, while its model is still being loaded.</summary>
/// <param name="host">Loads the model and owns it.</param>
/// <param name="metadata">The client's metadata.</param>
internal sealed class HostedChatClient(HostedEngine host, Func<ChatClientMetadata> metadata) : IChatClient
{
    private readonly Lazy<ChatClientMetadata> _metadata = new(metadata);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        NemotronHChatClient client = await host.GetClientAsync(cancellationToken).ConfigureAwait(false);
        return await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
        {
            return null;
        }

        // A pipeline asks for the metadata when it is built: that must not wait for the model.
        return serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(ChatClientMetadata) ? _metadata.Value
            : host.LoadedClient?.GetService(serviceType);
    }

    /// <summary>Does nothing: the host owns the model.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        NemotronHChatClient client = await host.GetClientAsync(cancellationToken).ConfigureAwait(false);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }
}
