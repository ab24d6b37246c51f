using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>Loads one library by its full path and says in one line why it could not.</summary>
internal static class NativeLoad
{
    /// <summary>Loads the library for the life of the process.</summary>
    /// <exception cref="NativeLibraryException">The system's loader refused it; the message carries the loader's own.</exception>
    public static nint Open(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException($"{path} does not load: {Reason(exception.Message)}", exception);
        }
    }

    /// <summary>What the system's loader said: .NET puts advice before it and an empty line behind it.</summary>
    private static string Reason(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "no reason given" : string.Join("; ", lines.Length > 1 ? lines[1..] : lines);
    }
}
