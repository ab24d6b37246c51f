using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>
/// Keeps other programs from fetching the same content meanwhile, Hugging Face's own among them: a file of theirs, open for nobody else.
/// </summary>
internal static class BlobLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes the lock, waiting for whoever has it.</summary>
    /// <param name="path">The lock's file; it stays when the lock is given back.</param>
    /// <param name="progress">Told while somebody else has it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Dispose it to give the lock back.</returns>
    /// <exception cref="CheckpointException">The file cannot be made.</exception>
    internal static async Task<IDisposable> TakeAsync(string path, PullProgress progress, CancellationToken cancellationToken)
    {
        FileAccessGuard.Writing(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        if (TryTake(path) is { } free)
        {
            return free;
        }

        progress.Await(1);
        try
        {
            while (true)
            {
                await Task.Delay(Pause, cancellationToken);
                if (TryTake(path) is { } taken)
                {
                    return taken;
                }
            }
        }
        finally
        {
            progress.Await(-1);
        }
    }

    private static FileStream? TryTake(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX) on Unix, which is what Python's filelock takes as well.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw FileAccessGuard.CannotWrite(path, exception);
        }
        catch (IOException exception) when (!IsHeldByAnother(exception))
        {
            throw FileAccessGuard.CannotWrite(path, exception);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>EWOULDBLOCK of Linux and of macOS, sharing and lock violation of Windows.</summary>
    private static bool IsHeldByAnother(IOException exception) =>
        exception.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
