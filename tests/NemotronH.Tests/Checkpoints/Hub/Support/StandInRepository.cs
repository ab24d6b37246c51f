using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace NemotronH.Tests.Checkpoints.Hub.Support;

/// <summary>A model on a stand-in: answers as a Hub does.</summary>
internal sealed class StandInRepository
{
    public const string Name = "org/model";

    public string Commit { get; set; } = new('c', 40);

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal)
    {
        ["config.json"] = "{}"u8.ToArray(),
        ["model.safetensors"] = Noise(5000),
    };

    /// <summary>Where large files are, if not here.</summary>
    public Uri? Elsewhere { get; set; }

    public static byte[] Noise(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [SuppressMessage("Security", "CA5350", Justification = "Git names contents by it.")]
    public static string GitId(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public static bool IsLarge(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>The name that a content has in the cache.</summary>
    public string Blob(string name) => IsLarge(name) ? Sha256(Files[name]) : GitId(Files[name]);

    public StandInAnswer Answer(StandInRequest request)
    {
        string resolve = $"/{Name}/resolve/{Commit}/";
        if (request.Target.StartsWith($"/api/models/{Name}/revision/", StringComparison.Ordinal))
        {
            return StandInAnswer.Text(200, Listing().ToJsonString());
        }

        string name = Uri.UnescapeDataString(request.Target.Replace(resolve, "", StringComparison.Ordinal));
        return !Files.TryGetValue(name, out byte[]? content) ? StandInAnswer.Text(404)
            : IsLarge(name) && Elsewhere is not null ? StandInAnswer.Redirect($"{Elsewhere}{Uri.EscapeDataString(name)}?signature=1")
            : Content(content, request);
    }

    /// <summary>What the other place answers.</summary>
    public StandInAnswer AnswerElsewhere(StandInRequest request) =>
        Content(Files[Uri.UnescapeDataString(request.Target.TrimStart('/').Split('?')[0])], request);

    /// <summary>The whole or the rest of a content, as RFC 9110 has it.</summary>
    public static StandInAnswer Content(byte[] content, StandInRequest request)
    {
        string tag = $"\"{Sha256(content)[..8]}\"";
        bool isSame = request.Header("If-Range") is not { } known || known == tag;
        int start = isSame ? request.RangeStart ?? 0 : 0;
        return start == 0
            ? new StandInAnswer(200, content) { Headers = [("ETag", tag)] }
            : new StandInAnswer(206, content[start..])
            {
                Headers = [("ETag", tag), ("Content-Range", $"bytes {start}-{content.Length - 1}/{content.Length}")],
            };
    }

    public JsonObject Listing()
    {
        var siblings = new JsonArray();
        foreach ((string name, byte[] content) in Files)
        {
            var file = new JsonObject { ["rfilename"] = name, ["size"] = content.Length, ["blobId"] = GitId(content) };
            if (IsLarge(name))
            {
                file["lfs"] = new JsonObject { ["sha256"] = Sha256(content), ["size"] = content.Length, ["pointerSize"] = 134 };
            }

            siblings.Add(file);
        }

        return new JsonObject { ["id"] = Name, ["sha"] = Commit, ["siblings"] = siblings };
    }
}
