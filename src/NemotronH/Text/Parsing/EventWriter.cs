using System.Text;

namespace NemotronH.Text.Parsing;

/// <summary>Collects events. White space that touches a tag belongs to the markup and is left out; all other is kept.</summary>
internal sealed class EventWriter
{
    private readonly List<OutputEvent> _events = [];
    private readonly StringBuilder _reasoning = new();
    private string _space = "";
    private bool _behindTag;

    /// <summary>Whether text is reasoning.</summary>
    public bool InReasoning { get; set; }

    /// <summary>Whether there has been visible content or a tool call.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>Takes text.</summary>
    public void Write(string text)
    {
        text = _behindTag ? text.TrimStart() : text;
        if (text.Length == 0)
        {
            return;
        }

        _behindTag = false;
        string visible = (_space + text).TrimEnd();
        _space = (_space + text)[visible.Length..];
        Emit(visible);
    }

    /// <summary>Notes that a tag stood here.</summary>
    public void PassTag()
    {
        _space = "";
        _behindTag = true;
    }

    /// <summary>Takes a tool call.</summary>
    public void Write(ToolCall call)
    {
        HasAnswer = true;
        _events.Add(call);
    }

    /// <summary>Ends the output: white space at its end touched no tag.</summary>
    public void End(bool forceContent)
    {
        Emit(_space);
        _space = "";
        if (forceContent && !HasAnswer && _reasoning.ToString().Trim() is { Length: > 0 } reasoning)
        {
            InReasoning = false;
            Emit(reasoning);
        }
    }

    /// <summary>Hands out the events since it was last called.</summary>
    public IReadOnlyList<OutputEvent> Take()
    {
        OutputEvent[] events = [.. _events];
        _events.Clear();
        return events;
    }

    private void Emit(string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (InReasoning)
        {
            _reasoning.Append(text);
        }

        HasAnswer |= !InReasoning && !string.IsNullOrWhiteSpace(text);
        (string before, OutputEvent delta) = (InReasoning, _events.LastOrDefault()) switch
        {
            (true, ReasoningDelta last) => (last.Text, new ReasoningDelta(last.Text + text)),
            (false, ContentDelta last) => (last.Text, (OutputEvent)new ContentDelta(last.Text + text)),
            (true, _) => ("", new ReasoningDelta(text)),
            (false, _) => ("", new ContentDelta(text)),
        };
        if (before.Length > 0)
        {
            _events.RemoveAt(_events.Count - 1);
        }

        _events.Add(delta);
    }
}
