namespace NemotronH.Checkpoints.Hub;

/// <summary>Which addresses are asked, and which of them may see the access token.</summary>
internal static class HubAddress
{
    /// <summary>Whether an address may be asked: https, or http on this machine unless another machine sent us there.</summary>
    internal static bool IsAllowed(Uri address, bool fromLoopback) =>
        address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback && fromLoopback);

    /// <summary>Whether two addresses have the same scheme, host and port.</summary>
    internal static bool AreSameOrigin(Uri first, Uri second) =>
        Uri.Compare(first, second, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>What the Hub says about a revision: its commit, its files, their sizes and hashes.</summary>
    internal static Uri Listing(Uri endpoint, HubModelName model) =>
        new($"{Root(endpoint)}/api/models/{model.Repository}/revision/{Uri.EscapeDataString(model.Revision)}?blobs=true");

    /// <summary>The content of a file at a commit.</summary>
    internal static Uri File(Uri endpoint, HubModelName model, string commit, string name)
    {
        string path = string.Join('/', name.Split('/').Select(Uri.EscapeDataString));
        return new Uri($"{Root(endpoint)}/{model.Repository}/resolve/{commit}/{path}");
    }

    /// <summary>An endpoint's address without the slash that <see cref="Uri"/> adds.</summary>
    internal static string Root(Uri endpoint) => endpoint.AbsoluteUri.TrimEnd('/');
}
