using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace NemotronH.Checkpoints.Hub;

/// <summary>
/// Fetches one content, going on where an earlier attempt ended; nothing the server says is believed before the hash is right.
/// </summary>
/// <param name="connection">Asks the Hub.</param>
/// <param name="model">The model it is of.</param>
/// <param name="file">What to fetch.</param>
/// <param name="address">Where it is.</param>
/// <param name="progress">Told of every byte that comes, or is thrown away.</param>
internal sealed class BlobDownload(HubConnection connection, HubModelName model, HubFile file, Uri address, PullProgress progress)
{
    private const int BufferSize = 1 << 20;

    private readonly string _what = $"{model}: {file.Name}";
    private bool _mayResume = true;
    private bool _wasResumed;
    private EntityTagHeaderValue? _tag;
    private Uri? _lastSource;

    /// <summary>Who answered last: the Hub, or whom it sent us to.</summary>
    private Uri Source => _lastSource ?? address;

    /// <summary>Fetches the content.</summary>
    /// <param name="partial">What is here of it.</param>
    /// <param name="retry">How often to try.</param>
    /// <param name="cancellationToken">Ends it; what came is kept.</param>
    /// <exception cref="HubException">It cannot be had, or is not what the Hub's list says.</exception>
    internal async Task RunAsync(PartialFile partial, RetryPolicy retry, CancellationToken cancellationToken)
    {
        _wasResumed = partial.Length > 0;
        await retry.RunAsync(() => FetchAsync(partial, cancellationToken), () => partial.Length, cancellationToken);
        if (partial.Digest() != file.Digest.Hex && _wasResumed)
        {
            // The pieces do not fit together; in one piece it may be right.
            _mayResume = false;
            Restart(partial);
            await retry.RunAsync(() => FetchAsync(partial, cancellationToken), () => partial.Length, cancellationToken);
        }

        string found = partial.Digest();
        if (found != file.Digest.Hex)
        {
            Restart(partial);
            partial.Discard();
            throw new HubException(
                $"{_what}: what {Source.Authority} sends has the {file.Digest.Kind} {found}, expected {file.Digest.Hex}; "
                + "it was thrown away");
        }
    }

    /// <returns>Nothing of interest.</returns>
    private async Task<bool> FetchAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        if (!_mayResume)
        {
            Restart(partial);
        }

        if (partial.Remaining == 0)
        {
            return true;
        }

        long offset = partial.Length;
        using (HttpResponseMessage response = await connection.GetAsync(address, _what, request => Ask(request, offset), cancellationToken))
        {
            if (offset == 0 || IsUsable(response, offset))
            {
                Begin(response, partial);
                await CopyAsync(response, partial, cancellationToken);
                return true;
            }
        }

        _mayResume = false;
        return await FetchAsync(partial, cancellationToken);
    }

    /// <summary>Asks for the rest, of the same version if the server told which one it sent before.</summary>
    private void Ask(HttpRequestMessage request, long offset)
    {
        if (offset > 0)
        {
            request.Headers.Range = new RangeHeaderValue(offset, null);
            if (_tag is { IsWeak: false } && HubAddress.AreSameOrigin(request.RequestUri!, Source))
            {
                request.Headers.IfRange = new RangeConditionHeaderValue(_tag);
            }
        }
    }

    /// <summary>Whether an answer to a request for the rest is just that, or the whole; else the whole is asked for.</summary>
    private bool IsUsable(HttpResponseMessage response, long offset) => response.StatusCode switch
    {
        HttpStatusCode.RequestedRangeNotSatisfiable => false,
        HttpStatusCode.PartialContent => response.Content.Headers.ContentRange is { Unit: "bytes" } range
            && range.From == offset
            && range.To == file.Size - 1
            && (range.Length ?? file.Size) == file.Size,
        _ => true,
    };

    private void Begin(HttpResponseMessage response, PartialFile partial)
    {
        bool isRest = response.StatusCode == HttpStatusCode.PartialContent && partial.Length > 0;
        if (!isRest && response.StatusCode != HttpStatusCode.OK)
        {
            throw connection.FailureOf(response, model, _what);
        }

        Uri source = response.RequestMessage!.RequestUri!;
        long expected = isRest ? partial.Remaining : file.Size;
        if (response.Content.Headers.ContentLength is { } announced && announced != expected)
        {
            throw new HubException($"{_what}: {source.Authority} announces {announced} bytes, expected {expected}");
        }

        (_tag, _lastSource) = (response.Headers.ETag, source);
        if (!isRest)
        {
            Restart(partial);
        }

        _wasResumed |= isRest;
    }

    private async Task CopyAsync(HttpResponseMessage response, PartialFile partial, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using Stream body = await ReadAsync(token => response.Content.ReadAsStreamAsync(token));
            for (int count; (count = await ReadAsync(token => body.ReadAsync(buffer, token).AsTask())) > 0;)
            {
                if (count > partial.Remaining)
                {
                    Restart(partial);
                    throw new HubException($"{_what}: {Source.Authority} sends more than the {file.Size} bytes that the Hub's list says");
                }

                await partial.AppendAsync(buffer.AsMemory(0, count), cancellationToken);
                progress.Add(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (partial.Remaining > 0)
        {
            throw new HubException($"{_what}: {Source.Authority} ends after {partial.Length} of {file.Size} bytes") { IsTransient = true };
        }

        Task<T> ReadAsync<T>(Func<CancellationToken, Task<T>> read) => connection.GuardAsync(read, _what, Source, cancellationToken);
    }

    private void Restart(PartialFile partial)
    {
        progress.Forget(partial.Length);
        partial.Restart();
    }
}
