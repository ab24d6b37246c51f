using System.Net;
using System.Net.Http.Headers;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Asks a Hub, and follows where it sends us: nowhere in plain text, and with the access token only back to the Hub itself.</summary>
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirects = 8;
    private const long LargestListing = 64 << 20;

    private readonly HttpClient _client;
    private readonly HubSettings _settings;
    private readonly TimeSpan _stallTimeout;

    /// <summary>Prepares connections; none is made yet.</summary>
    /// <param name="settings">Which Hub, and the token.</param>
    /// <param name="stallTimeout">How long a server may be silent.</param>
    internal HubConnection(HubSettings settings, TimeSpan stallTimeout)
    {
        _settings = settings;
        _stallTimeout = stallTimeout;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !settings.Endpoint.IsLoopback,
            AutomaticDecompression = DecompressionMethods.None,
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        string? version = typeof(HubConnection).Assembly.GetName().Version?.ToString(3);
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("nemotronh", version));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Lists the files of a model.</summary>
    /// <exception cref="HubException">The Hub cannot be reached, has no such model, or its answer is not understood.</exception>
    internal async Task<HubListing> ListAsync(HubModelName model, CancellationToken cancellationToken)
    {
        Uri address = HubAddress.Listing(_settings.Endpoint, model);
        using HttpResponseMessage response = await GetAsync(address, model.ToString(), _ => { }, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw HubFailure.Of(response, model, model.ToString(), _settings);
        }

        byte[] json = await GuardAsync(
            async token =>
            {
                await response.Content.LoadIntoBufferAsync(LargestListing, token);
                return await response.Content.ReadAsByteArrayAsync(token);
            },
            model.ToString(),
            address,
            cancellationToken);
        return new HubListingReader(model).Read(json);
    }

    /// <summary>Sends a GET request and follows redirects.</summary>
    /// <param name="address">Whom to ask first.</param>
    /// <param name="what">What is asked for, for messages.</param>
    /// <param name="prepare">Adds headers to the request to each address.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>An answer that is no redirect, whatever else it is; its body is not read yet.</returns>
    /// <exception cref="HubException">There is no answer, or we are sent where we do not go.</exception>
    internal async Task<HttpResponseMessage> GetAsync(
        Uri address, string what, Action<HttpRequestMessage> prepare, CancellationToken cancellationToken)
    {
        Uri current = address;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            HttpResponseMessage response = await SendAsync(current, what, prepare, cancellationToken);
            if (response.Headers.Location is not { } location || (int)response.StatusCode is < 300 or >= 400)
            {
                return response;
            }

            response.Dispose();
            current = Follow(current, location, what);
        }

        throw new HubException($"{what}: {address.Authority} sends us on more than {MostRedirects} times");
    }

    /// <summary>Does something on the network that must not fall silent.</summary>
    /// <exception cref="HubException">It failed or fell silent.</exception>
    internal async Task<T> GuardAsync<T>(
        Func<CancellationToken, Task<T>> work, string what, Uri address, CancellationToken cancellationToken)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(_stallTimeout);
        try
        {
            return await work(stall.Token);
        }
        catch (Exception exception) when (HubFailure.IsOfNetwork(exception, cancellationToken))
        {
            throw HubFailure.Of(exception, what, address);
        }
    }

    /// <summary>The error for an answer that is no success.</summary>
    internal HubException FailureOf(HttpResponseMessage response, HubModelName model, string what) =>
        HubFailure.Of(response, model, what, _settings);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private Task<HttpResponseMessage> SendAsync(
        Uri address, string what, Action<HttpRequestMessage> prepare, CancellationToken cancellationToken)
    {
        return GuardAsync(SendAsync, what, address, cancellationToken);

        async Task<HttpResponseMessage> SendAsync(CancellationToken token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (_settings.Token is { } accessToken && HubAddress.AreSameOrigin(address, _settings.Endpoint))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
            }

            prepare(request);
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        }
    }

    private static Uri Follow(Uri from, Uri location, string what)
    {
        bool isAddress = Uri.TryCreate(from, location, out Uri? target);
        return isAddress && HubAddress.IsAllowed(target!, fromLoopback: from.IsLoopback)
            ? target!
            : throw new HubException(
                $"{what}: {from.Authority} sends us to {Message.Quote(location.OriginalString)}, expected an https address");
    }
}
