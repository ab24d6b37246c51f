namespace NemotronH.Checkpoints;

/// <summary>The small text file that Git leaves where a large one was not fetched.</summary>
internal static class GitLfsPointer
{
    /// <summary>What a message says of such a file, behind its path.</summary>
    public const string Complaint = "is a Git LFS pointer, expected the file it stands for (git lfs pull fetches it)";

    private static ReadOnlySpan<byte> FirstBytes => "version "u8;

    /// <summary>Whether a file that begins with these bytes, eight at least, is a pointer.</summary>
    public static bool IsBeginningOf(ReadOnlySpan<byte> bytes) => bytes.StartsWith(FirstBytes);

    /// <summary>Whether an open file is a pointer.</summary>
    /// <param name="file">The file; it is read from its beginning.</param>
    public static bool IsAt(FileStream file)
    {
        file.Position = 0;
        Span<byte> bytes = stackalloc byte[FirstBytes.Length];
        return IsBeginningOf(bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)]);
    }
}
