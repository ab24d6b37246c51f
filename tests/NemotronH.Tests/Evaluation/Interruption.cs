using NemotronH.Evaluation.Runs;

namespace NemotronH.Tests.Evaluation;

/// <summary>Ends a run when so many items are recorded.</summary>
internal sealed class Interruption(int after) : IProgress<RunProgress>
{
    public List<RunProgress> Reports { get; } = [];

    public void Report(RunProgress value)
    {
        Reports.Add(value);
        if (value.Done >= after)
        {
            throw new OperationCanceledException();
        }
    }
}
