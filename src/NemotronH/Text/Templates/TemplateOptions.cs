namespace NemotronH.Text.Templates;

/// <summary>How much a template may do, and what time it sees.</summary>
public sealed class TemplateOptions
{
    /// <summary>
    /// How many steps a rendering may take: one for every expression, statement and list element, one for every four characters of text made.
    /// </summary>
    public long MaxSteps { get; init; } = 20_000_000;

    /// <summary>How long a text may become, the output included, in UTF-16 units.</summary>
    public int MaxTextLength { get; init; } = 16_000_000;

    /// <summary>How deeply macros and recursive loops may call one another.</summary>
    public int MaxCallDepth { get; init; } = 200;

    /// <summary>The clock and time zone of <c>strftime_now</c>.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
