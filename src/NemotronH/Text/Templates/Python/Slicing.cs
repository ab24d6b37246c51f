using System.Numerics;
using System.Text;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>value[start:stop:step]</c>.</summary>
internal static class Slicing
{
    /// <summary>Cuts a text, list, tuple or range.</summary>
    /// <param name="value">What to cut.</param>
    /// <param name="start">First position, negative from the end; None for the outermost.</param>
    /// <param name="stop">Position before which to end, likewise.</param>
    /// <param name="step">Distance; None for 1.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">The value cannot be cut, or a bound is no integer.</exception>
    public static TemplateValue Apply(TemplateValue value, TemplateValue start, TemplateValue stop, TemplateValue step, RenderContext context)
    {
        if (value is UndefinedValue undefined)
        {
            throw undefined.Error();
        }

        if (value is not (StringValue or SequenceValue or RangeValue))
        {
            throw new TemplateError($"'{value.TypeName}' object cannot be sliced");
        }

        Cut cut = Resolve(Lengths.Find(value)!.Value, start, stop, step);
        context.Budget.Spend(cut.Count);
        return value switch
        {
            StringValue text => CutText(text, cut, context),
            SequenceValue sequence => sequence.With([.. cut.Positions.Select(position => sequence.Items[position])]),
            RangeValue range => new RangeValue(
                range.Start + (cut.Start * range.Step), range.Step * cut.Step, cut.Count, range.Start + (cut.Stop * range.Step)),
            _ => value,
        };
    }

    private static StringValue CutText(StringValue text, Cut cut, RenderContext context)
    {
        context.Budget.SpendText(cut.Count);
        if (cut.Step == 1)
        {
            int from = CodePoints.ToUnit(text.Text, (int)cut.Start);
            int to = from + CodePoints.ToUnit(text.Text[from..], cut.Count);
            return new(text.Text[from..to], text.IsMarkup);
        }

        string[] codePoints = [.. CodePoints.Of(text.Text)];
        StringBuilder slice = new(cut.Count);
        foreach (int position in cut.Positions)
        {
            slice.Append(codePoints[position]);
        }

        return new(slice.ToString(), text.IsMarkup);
    }

    /// <summary>Positions counted from the start and kept within the value, as Python's <c>slice.indices</c> gives them.</summary>
    private static Cut Resolve(int length, TemplateValue start, TemplateValue stop, TemplateValue step)
    {
        long stride = Bound(step, 1, int.MinValue, int.MaxValue);
        if (stride == 0)
        {
            throw new TemplateError("slice step cannot be zero");
        }

        (long lowest, long highest) = stride > 0 ? (0, length) : (-1, length - 1);
        long first = Position(start, stride > 0 ? lowest : highest, length, lowest, highest);
        long end = Position(stop, stride > 0 ? highest : lowest, length, lowest, highest);
        long count = stride > 0 ? (end - first + stride - 1) / stride : (first - end - stride - 1) / -stride;
        return new(first, end, stride, (int)Math.Max(count, 0));
    }

    private static long Position(TemplateValue bound, long whenMissing, int length, long lowest, long highest)
    {
        if (bound is NoneValue)
        {
            return whenMissing;
        }

        long position = Bound(bound, 0, int.MinValue, int.MaxValue);
        return Math.Clamp(position < 0 ? position + length : position, lowest, highest);
    }

    private static long Bound(TemplateValue bound, long whenMissing, int lowest, int highest) => bound switch
    {
        NoneValue => whenMissing,
        UndefinedValue undefined => throw undefined.Error(),
        _ when Numbers.AsInteger(bound) is { } integer => (long)BigInteger.Clamp(integer, lowest, highest),
        _ => throw new TemplateError("slice indices must be integers or None"),
    };

    private readonly record struct Cut(long Start, long Stop, long Step, int Count)
    {
        public IEnumerable<int> Positions
        {
            get
            {
                (long start, long step, int count) = (Start, Step, Count);
                return Enumerable.Range(0, count).Select(index => (int)(start + (index * step)));
            }
        }
    }
}
