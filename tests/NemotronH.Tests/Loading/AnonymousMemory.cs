using System.Globalization;

namespace NemotronH.Tests.Loading;

/// <summary>Watches how much memory of its own (RssAnon) this process holds.</summary>
internal sealed class AnonymousMemory : IDisposable
{
    private readonly Thread _watcher;
    private volatile bool _stopped;
    private long _peak;

    public AnonymousMemory()
    {
        _peak = Read("RssAnon");
        _watcher = new Thread(Watch) { IsBackground = true };
        _watcher.Start();
    }

    /// <summary>The most bytes seen so far.</summary>
    public long Peak => Math.Max(Interlocked.Read(ref _peak), Read("RssAnon"));

    /// <summary>A line of <c>/proc/self/status</c>, in bytes.</summary>
    public static long Read(string field)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith($"{field}:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _stopped = true;
        _watcher.Join();
    }

    private void Watch()
    {
        while (!_stopped)
        {
            Interlocked.Exchange(ref _peak, Math.Max(_peak, Read("RssAnon")));
            Thread.Sleep(5);
        }
    }
}
