namespace NemotronH.Kernels.Runtime.Elf;

/// <summary>One version that an ELF file requires of one of the libraries it needs (an Elf64_Vernaux of .gnu.version_r).</summary>
/// <param name="Library">The library that has to provide the version, such as libstdc++.so.6.</param>
/// <param name="Version">The version's name, such as GLIBCXX_3.4.32.</param>
/// <param name="Offset">Where the entry begins in the file; its first four bytes are the name's hash.</param>
/// <param name="Hash">The hash of the name as the file states it.</param>
/// <param name="Index">The number by which .gnu.version refers to this version.</param>
/// <param name="NameOffset">Where the name begins in the file, in bytes.</param>
internal sealed record VersionNeed(string Library, string Version, ulong Offset, uint Hash, int Index, ulong NameOffset);
