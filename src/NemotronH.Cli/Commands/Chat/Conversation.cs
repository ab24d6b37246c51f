using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Checkpoints;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>The messages of a chat so far, as OpenAI's chat API has them.</summary>
internal sealed class Conversation
{
    private const string SystemRole = "system";

    private static readonly string[] Roles = [SystemRole, "developer", "user", "assistant", "tool"];

    private readonly List<JsonElement> _messages;

    /// <summary>Begins a conversation.</summary>
    /// <param name="system">The system prompt; <see langword="null"/> for none.</param>
    public Conversation(string? system)
        : this([]) => SetSystem(system);

    private Conversation(IEnumerable<JsonElement> messages) => _messages = [.. messages];

    /// <summary>Number of messages, a system prompt included.</summary>
    public int Count => _messages.Count;

    private bool HasSystem => _messages is [var first, ..] && first.GetProperty("role").ValueEquals(SystemRole);

    /// <summary>Reads a conversation: a list of messages, or an object that holds one as <c>messages</c>.</summary>
    /// <exception cref="NemotronHException">The file cannot be read or holds no conversation.</exception>
    public static Conversation Load(string path)
    {
        try
        {
            JsonElement file = JsonElement.Parse(File.ReadAllBytes(path));
            JsonElement messages = file.ValueKind == JsonValueKind.Object && file.TryGetProperty("messages", out JsonElement inner) ? inner : file;
            if (messages.ValueKind != JsonValueKind.Array)
            {
                throw new NemotronHException($"{path}: holds no messages; expected a JSON list of them");
            }

            var conversation = new Conversation(messages.EnumerateArray().Select((message, index) => Check(path, message, index)));
            conversation.Write(indented: false);
            return conversation;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter is a string with half a surrogate pair, which only shows when it is read or written.
            throw new NemotronHException($"{path}: is not JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NemotronHException($"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the messages to a file, which comes to be whole or not at all.</summary>
    /// <exception cref="NemotronHException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllBytes(path, [.. Write(indented: true), (byte)'\n']);

    /// <summary>The messages as a JSON list.</summary>
    public JsonElement ToJson() => JsonElement.Parse(Write(indented: false));

    /// <summary>Adds what the person says.</summary>
    public void AddUser(string text) => Add("user", text);

    /// <summary>Adds what the model says.</summary>
    /// <param name="content">Its answer.</param>
    /// <param name="reasoning">What it thought before; templates that show it to the model again find it as <c>reasoning_content</c>.</param>
    public void AddAssistant(string content, string reasoning) => Add("assistant", content, reasoning);

    /// <summary>Takes the last message back.</summary>
    public void RemoveLast() => _messages.RemoveAt(_messages.Count - 1);

    /// <summary>Forgets everything but the system prompt.</summary>
    public void Clear() => _messages.RemoveRange(HasSystem ? 1 : 0, _messages.Count - (HasSystem ? 1 : 0));

    /// <summary>Replaces the system prompt.</summary>
    /// <param name="text">The new one; <see langword="null"/> or empty for none.</param>
    public void SetSystem(string? text)
    {
        if (HasSystem)
        {
            _messages.RemoveAt(0);
        }

        if (!string.IsNullOrEmpty(text))
        {
            _messages.Insert(0, Message(SystemRole, text));
        }
    }

    private void Add(string role, string content, string reasoning = "") => _messages.Add(Message(role, content, reasoning));

    private static JsonElement Message(string role, string content, string reasoning = "")
    {
        var message = new JsonObject { ["role"] = role, ["content"] = content };
        if (reasoning.Length > 0)
        {
            message["reasoning_content"] = reasoning;
        }

        return JsonElement.Parse(message.ToJsonString());
    }

    private static JsonElement Check(string path, JsonElement message, int index) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty("role", out JsonElement role)
        && role.ValueKind == JsonValueKind.String && Roles.Any(role.ValueEquals)
            ? message
            : throw new NemotronHException($"{path}: message {index + 1} has no known role; expected an object whose role is one of {string.Join(", ", Roles)}");

    private byte[] Write(bool indented)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            _messages.ForEach(message => message.WriteTo(writer));
            writer.WriteEndArray();
        }

        return bytes.ToArray();
    }
}
