using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>Room on a disk.</summary>
internal static class DiskSpace
{
    /// <summary>Refuses what does not fit before the first byte of it is written.</summary>
    /// <param name="target">What will be written, for the message.</param>
    /// <param name="directory">A directory of the disk that it goes to.</param>
    /// <param name="bytes">How large it will be.</param>
    /// <exception cref="CheckpointException">Less is free.</exception>
    internal static void Require(string target, string? directory, long bytes)
    {
        long free = directory is null ? long.MaxValue : Free(directory, path => new DriveInfo(path).AvailableFreeSpace);
        if (bytes > free)
        {
            throw new CheckpointException($"{target}: needs {Message.Bytes(bytes)}, and {Message.Bytes(free)} are free");
        }
    }

    /// <summary>Bytes that are free for a directory; not every file system tells, and a disk that fills up is an error all the same.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="measure">How they are found.</param>
    internal static long Free(string directory, Func<string, long> measure)
    {
        try
        {
            return measure(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
