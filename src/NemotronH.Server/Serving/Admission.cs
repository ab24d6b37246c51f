namespace NemotronH.Server.Serving;

/// <summary>A request that was let in, until it is answered.</summary>
internal sealed class Admission : IDisposable
{
    private readonly Admissions _admissions;
    private readonly CancellationTokenSource _source;

    internal Admission(Admissions admissions, CancellationToken aborted)
    {
        _admissions = admissions;
        _source = CancellationTokenSource.CreateLinkedTokenSource(aborted, admissions.End);
    }

    /// <summary>Cancelled when the client is gone or the server's patience is over.</summary>
    internal CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _source.Dispose();
        _admissions.Leave();
    }
}
