using System.Net;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Turns what goes wrong between here and a Hub into the one line that a user can act on.</summary>
internal static class HubFailure
{
    /// <summary>The error for an answer that is no success.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="model">The model that was asked for.</param>
    /// <param name="what">The model, or the file of it, that was asked for.</param>
    /// <param name="settings">Which Hub, and whether there is a token.</param>
    internal static HubException Of(HttpResponseMessage response, HubModelName model, string what, HubSettings settings)
    {
        Uri address = response.RequestMessage!.RequestUri!;
        string status = $"{what}: {address.Authority} answers {(int)response.StatusCode}";
        bool isHub = HubAddress.AreSameOrigin(address, settings.Endpoint);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when isHub => new HubException($"{status}: {NotAuthorized(settings)}"),
            HttpStatusCode.Forbidden when isHub => new HubException(
                $"{status}: access is not granted; a gated model's terms are accepted at {HubAddress.Root(settings.Endpoint)}/{model.Repository}"),
            HttpStatusCode.NotFound when isHub => new HubException($"{status}: there is no {Missing(response, model, what)}"),
            HttpStatusCode.TooManyRequests => Transient(response, $"{status}: too many requests"),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => Transient(response, status + Reason(response)),
            _ => new HubException(status + Reason(response)),
        };
    }

    /// <summary>The error for a connection that could not be made, broke or fell silent.</summary>
    internal static HubException Of(Exception cause, string what, Uri address) => new(
        cause is OperationCanceledException
            ? $"{what}: {address.Authority} sends nothing"
            : $"{what}: the connection to {address.Authority} failed: {Innermost(cause).Message}",
        cause)
    {
        IsTransient = cause is not HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError },
    };

    /// <summary>Whether an exception is one of the network's and not one of ours.</summary>
    internal static bool IsOfNetwork(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static string NotAuthorized(HubSettings settings) => settings.Token is null
        ? "there is no such model, or it needs an access token (HF_TOKEN, or the file that 'hf auth login' writes)"
        : $"there is no such model, or the token from {settings.TokenSource} is not accepted";

    private static string Missing(HttpResponseMessage response, HubModelName model, string what)
    {
        string code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.First() : "";
        return code == "RevisionNotFound" ? $"revision {Message.Quote(model.Revision)} of it"
            : what == model.ToString() ? "such model"
            : "such file";
    }

    private static HubException Transient(HttpResponseMessage response, string message)
    {
        var after = response.Headers.RetryAfter;
        return new HubException(message) { IsTransient = true, RetryAfter = after?.Delta ?? after?.Date - DateTimeOffset.UtcNow };
    }

    private static string Reason(HttpResponseMessage response) =>
        string.IsNullOrWhiteSpace(response.ReasonPhrase) ? "" : $" ({Message.Quote(response.ReasonPhrase).Trim('\'')})";

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
