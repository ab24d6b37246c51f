namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a tool call in tags, between its parameters.</summary>
/// <param name="Parameters">The tool's parameters; the tail of each is its opening tag, without the <c>&lt;</c>.</param>
/// <param name="Next">Index of the first that may still come.</param>
internal sealed record CallFrame(IReadOnlyList<DeclaredProperty> Parameters, int Next = 0) : Frame
{
    private static readonly byte[] ParameterEnd = "\n</parameter>\n"u8.ToArray();
    private static readonly byte[] CallEnd = "/function>\n</tool_call>"u8.ToArray();

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (value != '<')
        {
            return;
        }

        for (int index = Next; index < Parameters.Count; index++)
        {
            DeclaredProperty parameter = Parameters[index];
            if (parameter.Value.Height <= self.Room)
            {
                ParseStack behind = self.Replace(this with { Next = index + 1 }).Push(new LiteralFrame(ParameterEnd));
                next.Add(behind.Push(new ValueFrame(parameter.Value)).Push(new LiteralFrame(parameter.Tail)));
            }

            if (parameter.IsRequired)
            {
                return;
            }
        }

        next.Add(self.Below!.Push(new LiteralFrame(CallEnd, IsMarkup: true)));
    }
}
