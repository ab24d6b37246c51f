using System.Text;

namespace NemotronH.Tests.Checkpoints.Hub.Support;

/// <summary>What a stand-in answers, true or not.</summary>
internal sealed record StandInAnswer(int Status, byte[] Body)
{
    public List<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What Content-Length says; negative for no such header.</summary>
    public long AnnouncedLength { get; init; } = Body.Length;

    /// <summary>How many bytes of the body are sent before the connection breaks.</summary>
    public int? BreakAfter { get; init; }

    /// <summary>How many bytes of the body are sent before nothing more is.</summary>
    public int? SilentAfter { get; init; }

    public static StandInAnswer Text(int status, string body = "") => new(status, Encoding.UTF8.GetBytes(body));

    public static StandInAnswer Redirect(string location, int status = 302) => new(status, []) { Headers = [("Location", location)] };

    public byte[] Head()
    {
        var head = new StringBuilder($"HTTP/1.1 {Status} Whatever\r\nConnection: close\r\n");
        if (AnnouncedLength >= 0)
        {
            head.Append($"Content-Length: {AnnouncedLength}\r\n");
        }

        Headers.ForEach(header => head.Append($"{header.Name}: {header.Value}\r\n"));
        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }
}
