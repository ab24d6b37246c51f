using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using NemotronH.Generation;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates;

namespace NemotronH.Chat;

/// <summary>A Nemotron-H model as <see cref="IChatClient"/>.</summary>
/// <remarks>
/// <para>
/// Thread-safe: any number of conversations share the engine's batch. Every member of <see cref="ChatOptions"/> is honoured or refused by its name with
/// <see cref="NotSupportedException"/>; <c>docs/embedding.md</c> has the table. Tools are called by whoever is around this client, such as
/// <see cref="FunctionInvokingChatClient"/>.
/// </para>
/// <para>What goes wrong in the model's world is a <see cref="NemotronHException"/>, a full queue <see cref="EngineBusyException"/>.</para>
/// </remarks>
public sealed class NemotronHChatClient : IChatClient, IAsyncDisposable
{
    private const string ProviderName = "nemotronh";

    private readonly ChatEngine _chat;
    private readonly ChatClientMetadata _metadata;
    private readonly bool _ownsEngine;

    /// <summary>Creates a client.</summary>
    /// <param name="chat">Chat over a running engine.</param>
    /// <param name="ownsEngine">Whether the engine is disposed of with the client.</param>
    public NemotronHChatClient(ChatEngine chat, bool ownsEngine = false)
    {
        ArgumentNullException.ThrowIfNull(chat);
        _chat = chat;
        _ownsEngine = ownsEngine;
        _metadata = CreateMetadata(chat.Engine.ModelDirectory);
    }

    /// <summary>The engine.</summary>
    internal InferenceEngine Engine => _chat.Engine;

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="directory">The checkpoint's directory.</param>
    /// <param name="options">How to load and share it.</param>
    /// <param name="progress">Told how many blocks are loaded.</param>
    /// <param name="cancellationToken">Gives up loading.</param>
    /// <returns>The client; the caller disposes.</returns>
    /// <exception cref="NemotronHException">A file is missing or not what it should be, the chat template included; the message names it.</exception>
    public static async Task<NemotronHChatClient> LoadAsync(
        string directory, EngineOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        // A checkpoint without a template is known as such before minutes of loading.
        ChatTemplate template = ChatTemplate.Load(directory);
        InferenceEngine engine = await InferenceEngine.LoadAsync(directory, options, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            return new NemotronHChatClient(new ChatEngine(engine, template), ownsEngine: true);
        }
        catch
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message has something that is not supported; the message names it.</exception>
    /// <exception cref="NemotronHException">The request cannot be run, or failed.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message has something that is not supported; the message names it.</exception>
    /// <exception cref="NemotronHException">The request cannot be run, or failed.</exception>
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
        object?[] services = [this, _metadata, _chat, _chat.Engine, _chat.Template, _chat.Engine.Tokenizer];
        return serviceKey is null ? Array.Find(services, serviceType.IsInstanceOfType) : null;
    }

    /// <summary>Disposes of the engine where the client owns it, and waits for that.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Disposes of the engine where the client owns it.</summary>
    /// <returns>A task that ends then.</returns>
    public ValueTask DisposeAsync() => _ownsEngine ? _chat.Engine.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>The metadata of a client.</summary>
    /// <param name="directory">Its checkpoint's directory.</param>
    internal static ChatClientMetadata CreateMetadata(string directory) =>
        new(ProviderName, providerUri: null, InferenceEngine.NameOf(directory));

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ChatRequest request = ChatRequestBuilder.Build(this, messages, options, _chat.Engine.ModelName);
        UpdateFactory updates = new(_chat.Engine.ModelName, options?.Reasoning?.Output != ReasoningOutput.None);
        ChatGeneration generation = _chat.Submit(request, cancellationToken);
        await using (generation.ConfigureAwait(false))
        {
            await foreach (ChatDelta delta in generation.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (OutputEvent part in delta.Events)
                {
                    if (updates.Create(part) is { } update)
                    {
                        yield return update;
                    }
                }
            }

            yield return updates.CreateLast(generation);
        }
    }
}
