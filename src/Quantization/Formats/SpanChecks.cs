namespace NemotronH.Quantization.Formats;

/// <summary>Checks of span lengths, at the border of every format.</summary>
internal static class SpanChecks
{
    public static void SameLength(int expected, int found, string parameter) => Length(expected, found, parameter);

    public static void Length(long expected, int found, string parameter)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{parameter} has {found} elements; expected {expected}.", parameter);
        }
    }
}
