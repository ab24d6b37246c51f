using System.Runtime.InteropServices;
using System.Text;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>Compiles CUDA C to the machine code of one GPU architecture.</summary>
internal static unsafe class NvrtcCompiler
{
    private static readonly Lazy<NvrtcDescription?> Found = new(Describe);

    /// <summary>What compiles, or null where there is no compiler.</summary>
    /// <exception cref="NativeLibraryException">It does not answer, or the file that NEMOTRONH_NVRTC names does not load.</exception>
    public static NvrtcDescription? Description => Found.Value;

    /// <summary>The options for an architecture. Never fast math: it flushes subnormals, which turns every E2M1 0.5 into 0.</summary>
    public static IReadOnlyList<string> Options(string architecture, KernelSource source) =>
        [$"--gpu-architecture={architecture}", "--std=c++17", .. source.Options];

    /// <summary>Compiles one file with the files it includes.</summary>
    /// <param name="sources">Where the files are.</param>
    /// <param name="source">The file and its macros.</param>
    /// <param name="architecture">The architecture, such as sm_90a.</param>
    /// <returns>A cubin: an ELF image for <c>cuModuleLoadData</c>.</returns>
    /// <exception cref="CudaException">It does not compile; the message holds the compiler's log.</exception>
    public static byte[] Compile(SourceSet sources, KernelSource source, string architecture)
    {
        string[] names = [.. sources.Includes(source.FileName)];
        string[] texts = [.. names.Select(sources.Read)];
        int status = Nvrtc.CreateProgram(out nint program, sources.Read(source.FileName), source.FileName, names.Length, texts, names);
        Check(status, "nvrtcCreateProgram", source);
        try
        {
            string[] options = [.. Options(architecture, source)];
            status = Nvrtc.CompileProgram(program, options.Length, options);
            if (status != 0)
            {
                throw new CudaException($"{source} does not compile for {architecture}: {Describe(status)}.\n{Log(program)}");
            }

            return Cubin(program, source);
        }
        finally
        {
            _ = Nvrtc.DestroyProgram(ref program);
        }
    }

    private static byte[] Cubin(nint program, KernelSource source)
    {
        Check(Nvrtc.GetCubinSize(program, out nuint bytes), "nvrtcGetCUBINSize", source);
        byte[] cubin = new byte[bytes];
        fixed (byte* pointer = cubin)
        {
            Check(Nvrtc.GetCubin(program, pointer), "nvrtcGetCUBIN", source);
        }

        return cubin;
    }

    private static string Log(nint program)
    {
        if (Nvrtc.GetLogSize(program, out nuint bytes) != 0 || bytes == 0)
        {
            return "The compiler wrote no log.";
        }

        byte[] log = new byte[bytes];
        fixed (byte* pointer = log)
        {
            return Nvrtc.GetLog(program, pointer) == 0 ? Encoding.UTF8.GetString(log).TrimEnd('\0', '\n') : "The log cannot be read.";
        }
    }

    private static void Check(int status, string function, KernelSource source)
    {
        if (status != 0)
        {
            throw new CudaException($"NVRTC failed while compiling {source}: {function} returned {Describe(status)}.");
        }
    }

    private static string Describe(int status) => Marshal.PtrToStringUTF8(Nvrtc.GetErrorString(status)) ?? $"error {status}";

    private static NvrtcDescription? Describe()
    {
        if (NativeImports.NvrtcLibrary is not { } library)
        {
            return null;
        }

        bool answers = Nvrtc.GetVersion(out int major, out int minor) == 0;
        answers &= Nvrtc.GetArchitectureCount(out int count) == 0;
        int[] architectures = new int[count];
        fixed (int* pointer = architectures)
        {
            answers &= Nvrtc.GetArchitectures(pointer) == 0;
        }

        return answers
            ? new NvrtcDescription(library.Path, new Version(major, minor), architectures)
            : throw new NativeLibraryException($"{library.Path} does not tell its version and the GPUs that it knows.");
    }
}
