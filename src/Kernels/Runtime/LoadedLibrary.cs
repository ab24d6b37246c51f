namespace NemotronH.Kernels.Runtime;

/// <summary>One library of this process.</summary>
/// <param name="Name">Its name without an operating system's prefix and suffix, such as torch_cpu.</param>
/// <param name="Path">The file that was loaded.</param>
/// <param name="Handle">The system loader's handle.</param>
/// <param name="PatchedFrom">The original, where <paramref name="Path"/> is a corrected copy.</param>
internal sealed record LoadedLibrary(string Name, string Path, nint Handle, string? PatchedFrom = null);
