namespace NemotronH.Kernels.Tests.Cuda.Experts;

/// <summary>Random routings with their work lists, made by plain loops.</summary>
internal sealed class RoutedEntries
{
    public const int DummySlot = 200;

    public RoutedEntries(int experts, int topK, int batch, double padding, int seed, int sharedParts = 0)
    {
        var random = new Random(seed);
        Slots = [.. Enumerable.Range(0, batch).Select(row => random.NextDouble() < padding ? DummySlot : row)];
        Ids = [.. Enumerable.Range(0, batch).SelectMany(_ => Enumerable.Range(0, experts).OrderBy(_ => random.Next()).Take(topK))];
        for (int expert = 0; expert < experts; expert++)
        {
            int before = Entries.Count;
            for (int entry = 0; entry < Ids.Length; entry++)
            {
                if (Ids[entry] == expert && Slots[entry / topK] != DummySlot)
                {
                    Entries.Add((entry / topK * (topK + sharedParts)) + (entry % topK));
                }
            }

            if (Entries.Count > before)
            {
                Active.Add(expert);
                Offsets.Add(before);
            }
        }

        MaxActive = Math.Min(experts, topK * batch);
    }

    public int MaxActive { get; }

    public int[] Slots { get; }

    public int[] Ids { get; }

    public List<int> Active { get; } = [];

    public List<int> Offsets { get; } = [];

    public List<int> Entries { get; } = [];

    /// <summary>The lists in full length, one after the other: count, experts, offsets, entries.</summary>
    public int[] Lists =>
    [
        Active.Count,
        .. Active, .. Enumerable.Repeat(-1, MaxActive - Active.Count),
        .. Offsets, .. Enumerable.Repeat(Entries.Count, MaxActive + 1 - Active.Count),
        .. Entries, .. Enumerable.Repeat(-1, Ids.Length - Entries.Count),
    ];
}
