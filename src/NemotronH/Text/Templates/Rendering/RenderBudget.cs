using System.Runtime.CompilerServices;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>Keeps a rendering within its limits, whatever the template does.</summary>
/// <param name="options">The limits.</param>
internal sealed class RenderBudget(TemplateOptions options)
{
    private const int CharactersPerStep = 4;

    private long _steps = options.MaxSteps;
    private int _calls;

    /// <summary>Fails, while there still is room to, when recursion has used up the thread's stack.</summary>
    public static void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateError("the template, or a value that it made, is nested too deeply");
        }
    }

    /// <summary>Takes steps.</summary>
    /// <param name="count">One for each expression, statement or list element.</param>
    public void Spend(long count = 1)
    {
        _steps -= count;
        if (_steps < 0)
        {
            throw new TemplateError($"rendering takes more than {options.MaxSteps} steps, the limit");
        }
    }

    /// <summary>Takes the steps of making a text, before it is made.</summary>
    /// <param name="length">How long it becomes.</param>
    public void SpendText(long length)
    {
        CheckLength(length);
        Spend(length / CharactersPerStep);
    }

    /// <summary>Refuses a text that is too long.</summary>
    public void CheckLength(long length)
    {
        if (length > options.MaxTextLength)
        {
            throw new TemplateError($"a text becomes longer than {options.MaxTextLength} characters, the limit");
        }
    }

    /// <summary>Begins the call of a macro or recursive loop.</summary>
    public void EnterCall()
    {
        if (++_calls > options.MaxCallDepth)
        {
            throw new TemplateError($"macros or loops call one another more than {options.MaxCallDepth} deep, the limit");
        }
    }

    /// <summary>Ends the call of a macro or recursive loop.</summary>
    public void LeaveCall() => _calls--;
}
