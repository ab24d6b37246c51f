namespace NemotronH.Kernels.Runtime.Elf;

/// <summary>One section of an ELF file.</summary>
/// <param name="Type">Its sh_type.</param>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Link">The index of the section that it refers to.</param>
internal sealed record ElfSection(uint Type, ulong Offset, ulong Size, uint Link);
