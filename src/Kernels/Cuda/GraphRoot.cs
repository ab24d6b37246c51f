using System.Collections.Concurrent;

namespace NemotronH.Kernels.Cuda;

/// <summary>Keeps what a graph uses from being collected, counted over the graph and all that was made of it.</summary>
internal sealed class GraphRoot
{
    private static readonly ConcurrentDictionary<GraphRoot, IReadOnlyList<object>> Roots = new();

    private int _references = 1;

    public GraphRoot(IReadOnlyList<object> objects) => Roots[this] = objects;

    /// <summary>One more that uses the objects.</summary>
    public GraphRoot Share()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    /// <summary>One fewer; the last one lets the objects go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            Roots.TryRemove(this, out _);
        }
    }
}
