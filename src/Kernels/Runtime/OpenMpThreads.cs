using System.Runtime.InteropServices;
using TorchSharp;

namespace NemotronH.Kernels.Runtime;

/// <summary>How many OpenMP threads libtorch's operations take when the calling thread starts them; other threads are not affected.</summary>
/// <remarks>Where libtorch's OpenMP cannot be found, nothing is changed.</remarks>
public static unsafe class OpenMpThreads
{
    private static readonly delegate* unmanaged[Cdecl]<int> GetMaximum = (delegate* unmanaged[Cdecl]<int>)Find("omp_get_max_threads");
    private static readonly delegate* unmanaged[Cdecl]<int, void> SetNumber = (delegate* unmanaged[Cdecl]<int, void>)Find("omp_set_num_threads");

    /// <summary>Sets the number for the calling thread.</summary>
    /// <param name="threads">At least 1.</param>
    /// <returns>Restores the number that was set before; to be disposed of on the same thread.</returns>
    public static Restorer Set(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (GetMaximum is null || SetNumber is null)
        {
            return default;
        }

        _ = torch.get_num_threads(); // On a thread's first use libtorch sets a number of its own: let it be before ours.
        int before = GetMaximum();
        SetNumber(threads);
        return new Restorer(before);
    }

    private static nint Find(string function) =>
        LibTorch.Loaded.Libraries.Select(library => NativeLibrary.TryGetExport(library.Handle, function, out nint address) ? address : 0).FirstOrDefault(address => address != 0);

    /// <summary>Restores a thread's number of OpenMP threads.</summary>
    /// <param name="before">The number, or 0 to leave it as it is.</param>
    public readonly struct Restorer(int before) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            if (before > 0)
            {
                SetNumber(before);
            }
        }
    }
}
