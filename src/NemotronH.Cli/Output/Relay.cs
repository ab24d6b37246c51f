namespace NemotronH.Cli.Output;

/// <summary>Progress that is handled on the thread that reports it, where <see cref="Progress{T}"/> would post it elsewhere.</summary>
/// <param name="handle">Takes each report; an exception from it stops the work.</param>
internal sealed class Relay<T>(Action<T> handle) : IProgress<T>
{
    public void Report(T value) => handle(value);
}
