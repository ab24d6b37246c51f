using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Whether and how an answer is streamed.</summary>
/// <param name="IsOn">Whether it is.</param>
/// <param name="IncludeUsage">Whether the stream ends with the numbers of tokens.</param>
internal sealed record StreamParameters(bool IsOn, bool IncludeUsage)
{
    /// <summary>Reads them from a request.</summary>
    /// <exception cref="ApiException">They are not what they should be.</exception>
    internal static StreamParameters Read(RequestObject request)
    {
        bool isOn = request.Flag("stream") ?? false;
        RequestObject? options = request.Object("stream_options");
        bool includeUsage = options?.Flag("include_usage") ?? false;
        options?.Ignore("include_obfuscation");
        options?.End();
        return isOn || options is null
            ? new StreamParameters(isOn, includeUsage)
            : throw ApiException.BadRequest("stream_options", "'stream_options' is given, but 'stream' is not true");
    }
}
