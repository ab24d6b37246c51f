using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>Turns what the file system refuses into the one line that a user can act on.</summary>
internal static class FileAccessGuard
{
    /// <summary>Runs something that reads a file.</summary>
    /// <exception cref="CheckpointException">There is no such file, it is a directory, or it cannot be read.</exception>
    internal static T Reading<T>(string path, Func<T> read)
    {
        if (Directory.Exists(path))
        {
            throw new CheckpointException($"{path}: is a directory, expected a file");
        }

        try
        {
            return read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException($"{path}: no such file", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Runs something that writes below a path.</summary>
    /// <exception cref="CheckpointException">The disk is full, or the path cannot be written.</exception>
    internal static void Writing(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, exception);
        }
    }

    /// <summary>Deletes what is left of something that failed; a second failure would only hide the first.</summary>
    internal static void Discarding(Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted has a temporary name and is never taken for a result.
        }
    }

    /// <summary>The error for a path that cannot be written.</summary>
    internal static CheckpointException CannotWrite(string path, Exception cause) =>
        new($"{path}: cannot be written: {(cause is DirectoryNotFoundException ? "its directory does not exist" : cause.Message)}", cause);
}
