namespace NemotronH.Cli;

/// <summary>A keyboard with a screen.</summary>
/// <param name="Read">Waits for the next key; Ctrl-C is one, not a signal.</param>
/// <param name="Width">Columns of the screen.</param>
internal sealed record KeyInput(Func<ConsoleKeyInfo> Read, Func<int> Width)
{
    /// <summary>Those of this process.</summary>
    public static KeyInput OfProcess { get; } = new(ReadKey, () => Console.BufferWidth);

    private static ConsoleKeyInfo ReadKey()
    {
        // Between keys, and so while an answer is made, Ctrl-C is the signal again.
        Console.TreatControlCAsInput = true;
        try
        {
            return Console.ReadKey(intercept: true);
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }
}
