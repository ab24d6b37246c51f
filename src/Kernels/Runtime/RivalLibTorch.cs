using System.Runtime.InteropServices;
using System.Text;

namespace NemotronH.Kernels.Runtime;

/// <summary>Keeps TorchSharp from loading the package's libtorch beside the one that NEMOTRONH_LIBTORCH names.</summary>
/// <remarks>
/// TorchSharp asks .NET for torch_cpu and torch_cuda by name, and .NET turns a name into the full path of a package's file before it
/// asks the system; import resolvers have no say in that. Two libtorch in one process end it: operators are registered twice.
/// </remarks>
internal static unsafe partial class RivalLibTorch
{
    /// <summary>Refuses to load a second libtorch into a process that has one.</summary>
    /// <exception cref="NativeLibraryException">Another file of that name is loaded already.</exception>
    public static void RefuseLoaded(LibTorchSource source, NativeLibraryNames names)
    {
        string file = names.FileName(NativeLibraryNames.TorchCpu);
        string? loaded = LoadedFiles.Paths().FirstOrDefault(path => Path.GetFileName(path) == file);
        if (loaded is not null && loaded != Path.Combine(source.Directory, file))
        {
            throw new NativeLibraryException(
                $"{loaded} was loaded before {NativeLibraryNames.DirectoryVariable} ({source.Directory}) was looked at; " +
                $"call {nameof(LibTorch)}.{nameof(LibTorch.EnsureLoaded)} before the first use of TorchSharp.");
        }
    }

    /// <summary>Makes requests for the package's files end at the loaded ones.</summary>
    /// <param name="libraries">What was loaded.</param>
    /// <param name="names">The operating system's library names.</param>
    /// <param name="searchPath">Where .NET looks for what TorchSharp asks for.</param>
    /// <exception cref="NativeLibraryException">There is a second libtorch, and only glibc's loader can be told to leave it.</exception>
    public static void Cover(IEnumerable<LoadedLibrary> libraries, NativeLibraryNames names, IReadOnlyList<string> searchPath)
    {
        foreach (LoadedLibrary library in libraries.Where(library => NativeLibraryNames.LoadOrder.Contains(library.Name)))
        {
            string file = names.FileName(library.Name);
            string? rival = searchPath.Select(directory => Path.Combine(directory, file)).FirstOrDefault(File.Exists);
            if (rival is null || rival == library.Path)
            {
                continue;
            }

            if (names != NativeLibraryNames.Linux)
            {
                throw new NativeLibraryException(
                    $"{NativeLibraryNames.DirectoryVariable} is set, but the program has a libtorch of its own, {rival}, " +
                    "and TorchSharp would load both; build the program with -p:TorchBackend=none, or unset the variable.");
            }

            AnswerTo(library, rival);
        }
    }

    /// <summary>Has the loader take the library for the one at another path.</summary>
    /// <remarks>
    /// glibc compares a requested path with the l_name of everything loaded before it looks at the disk (dlopen(3), link.h). The name is
    /// allocated as the loader's own names are and stays for the life of the process.
    /// </remarks>
    private static void AnswerTo(LoadedLibrary library, string path)
    {
        const int LinkMap = 2; // RTLD_DI_LINKMAP
        if (DynamicLinkerInformation(library.Handle, LinkMap, out LinkMapEntry* entry) != 0)
        {
            throw new NativeLibraryException($"The system's loader says nothing of {library.Path}, and {path} would be loaded beside it.");
        }

        int length = Encoding.UTF8.GetByteCount(path);
        byte* name = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
        Encoding.UTF8.GetBytes(path, new Span<byte>(name, length));
        entry->Name = name;
    }

    [LibraryImport("libc", EntryPoint = "dlinfo")]
    private static partial int DynamicLinkerInformation(nint handle, int request, out LinkMapEntry* entry);

    /// <summary>The field of glibc's struct link_map that holds the file's path; the load address stands before it.</summary>
    [StructLayout(LayoutKind.Explicit)]
    private struct LinkMapEntry
    {
        [FieldOffset(8)]
        public byte* Name;
    }
}
