namespace NemotronH.Server.Security;

/// <summary>Marks an endpoint that needs no key: health and the chat page, which asks for one itself. All others do.</summary>
internal sealed class OpenEndpoint
{
    internal static OpenEndpoint Mark { get; } = new();
}
