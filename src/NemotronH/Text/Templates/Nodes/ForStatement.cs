using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>{% for a in b if c recursive %} ... {% else %} ... {% endfor %}</c>.</summary>
/// <param name="line">Where it stands.</param>
/// <param name="target">What each element is assigned to.</param>
/// <param name="iterable">What to go through.</param>
/// <param name="condition">Which elements count; <see langword="null"/> for all.</param>
/// <param name="isRecursive">Whether the body may call <c>loop(...)</c>.</param>
/// <param name="body">What to do for each element, in a frame of its own.</param>
/// <param name="otherwise">What to do when no iteration has run to its end.</param>
internal sealed class ForStatement(
    int line, AssignmentTarget target, Expression iterable, Expression? condition, bool isRecursive, Block body, Block otherwise) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame) => Iterate(frame, iterable.Evaluate(frame), 0);

    private Flow Iterate(Frame frame, TemplateValue elements, int depth)
    {
        IEnumerable<TemplateValue> source = Iteration.Of(elements, frame.Context);
        LoopValue loop = new(
            condition is null ? source : source.Where(element => Counts(element, frame)),
            condition is null ? Lengths.Find(elements) : null,
            depth,
            isRecursive ? (inner, level, _) => Recurse(frame, inner, level) : null);

        // Jinja2 notes an iteration when it ends, so one that is left by break or continue does not keep the else part from running.
        bool hasRun = false;
        Flow flow = Flow.Next;
        while (flow != Flow.Break && loop.TryAdvance(out TemplateValue? element))
        {
            Frame iteration = frame.Nest();
            iteration.Set("loop", loop);
            target.Assign(element, iteration);
            flow = body.Execute(iteration);
            hasRun |= flow == Flow.Next;
        }

        return hasRun ? Flow.Next : otherwise.Execute(frame.Nest());
    }

    private bool Counts(TemplateValue element, Frame frame)
    {
        Frame candidate = frame.Nest();
        target.Assign(element, candidate);
        return Truth.Of(condition!.Evaluate(candidate));
    }

    private StringValue Recurse(Frame frame, TemplateValue elements, int depth)
    {
        frame.Budget.EnterCall();
        Frame inner = frame.Capture();
        Iterate(inner, elements, depth);
        frame.Budget.LeaveCall();
        return new(inner.Output.ToString());
    }
}
