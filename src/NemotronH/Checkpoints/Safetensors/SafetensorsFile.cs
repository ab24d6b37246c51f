using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>
/// A safetensors file, mapped into memory: its tensors are read without copying. The format is described at
/// https://github.com/huggingface/safetensors; a file that breaks any of its rules is refused when it is opened.
/// </summary>
/// <remarks>
/// A tensor that <see cref="Read"/> returns may alias the map and does not keep it open: the file must outlive every such tensor, and
/// nobody may write to one.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MappedFile _map;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    private SafetensorsFile(string path, MappedFile map, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        Metadata = header.Metadata;
        Tensors = [.. header.Entries.Select(entry => entry.Tensor)];
        _map = map;
        _dataStart = dataStart;
        _entries = header.Entries.ToDictionary(entry => entry.Tensor.Name);
    }

    /// <summary>The path the file was opened with.</summary>
    public string Path { get; }

    /// <summary>The strings under <c>__metadata__</c> in the header; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors, in the order the header lists them.</summary>
    public IReadOnlyList<StoredTensorInfo> Tensors { get; }

    /// <summary>Opens a file and checks all of its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>The opened file, which the caller disposes.</returns>
    /// <exception cref="CheckpointException">There is no such file, it cannot be read, or it is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return FileAccessGuard.Reading(path, () =>
        {
            using SafeFileHandle handle = File.OpenHandle(path);
            long length = RandomAccess.GetLength(handle);
            byte[] json = ReadHeader(handle, path, length);
            long dataStart = SafetensorsHeader.LengthPrefixBytes + json.Length;
            SafetensorsHeader header = new SafetensorsHeaderParser(path, length - dataStart).Parse(json);
            return new SafetensorsFile(path, new MappedFile(handle), dataStart, header);
        });
    }

    /// <summary>Describes a tensor without reading it.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>Its dtype and shape, or <see langword="null"/> if the file has no such tensor.</returns>
    public StoredTensorInfo? Describe(string name) => _entries.GetValueOrDefault(name)?.Tensor;

    /// <summary>Reads a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>
    /// A CPU tensor of <see cref="StoredDtypeExtensions.ToScalarType"/> that the caller disposes. It aliases the map, unless the file
    /// placed it at an address its dtype is not aligned to: then it is a copy.
    /// </returns>
    /// <exception cref="CheckpointException">The file has no such tensor, or torch has no such dtype or shape.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public Tensor Read(string name)
    {
        SafetensorsEntry entry = Entry(name);
        nint address = _map.Address(_dataStart + entry.Begin);
        try
        {
            ScalarType type = entry.Tensor.Dtype.ToScalarType();
            long[] shape = [.. entry.Tensor.Shape];
            return address % entry.Tensor.Dtype.SizeInBytes() == 0
                ? AtenInterop.FromBlob(address, shape, type)
                : TensorBytes.Copy(address, shape, type);
        }
        catch (ArgumentException exception)
        {
            string tensor = $"tensor {Message.Quote(name)} is {Message.Describe(entry.Tensor)}";
            throw new CheckpointException($"{Path}: {tensor}: {exception.Message}", exception);
        }
    }

    /// <summary>Where a tensor's first byte lies in memory, aligned or not, as long as the file is open.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    internal nint Address(string name) => _map.Address(_dataStart + Entry(name).Begin);

    /// <summary>Where a tensor's first byte lies in the file.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    internal long FileOffset(string name) => _dataStart + Entry(name).Begin;

    /// <summary>
    /// Drops the tensor's pages from this process's memory, on Linux; they come back from the file when they are touched again.
    /// </summary>
    /// <param name="name">Its name in the file.</param>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void Release(string name)
    {
        SafetensorsEntry entry = Entry(name);
        _map.DropPages(_dataStart + entry.Begin, entry.End - entry.Begin);
    }

    /// <summary>Closes the file: tensors that alias it are invalid from here on.</summary>
    public void Dispose() => _map.Dispose();

    private static byte[] ReadHeader(SafeFileHandle handle, string path, long fileLength)
    {
        if (fileLength < SafetensorsHeader.LengthPrefixBytes)
        {
            string found = fileLength == 0 ? "is empty" : $"is only {fileLength} bytes long";
            throw new CheckpointException($"{path}: the file {found}, expected at least the 8 bytes of a header length");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthPrefixBytes];
        ReadExactly(handle, path, prefix, 0);
        ulong declared = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (GitLfsPointer.IsBeginningOf(prefix))
        {
            throw new CheckpointException($"{path}: {GitLfsPointer.Complaint}");
        }

        ulong following = (ulong)(fileLength - prefix.Length);
        if (declared > following)
        {
            throw new CheckpointException(
                $"{path}: the header should be {declared} bytes long, but only {following} bytes follow: " +
                "the file is truncated or no safetensors file");
        }

        if (declared > SafetensorsHeader.MaxBytes)
        {
            throw new CheckpointException($"{path}: the header is {declared} bytes long, expected at most {SafetensorsHeader.MaxBytes}");
        }

        byte[] json = new byte[declared];
        ReadExactly(handle, path, json, prefix.Length);
        return json;
    }

    private static void ReadExactly(SafeFileHandle handle, string path, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(handle, buffer, offset);
            if (read == 0)
            {
                throw new CheckpointException($"{path}: the file became shorter while it was read");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }

    private SafetensorsEntry Entry(string name) =>
        _entries.GetValueOrDefault(name) ?? throw new CheckpointException($"{Path}: there is no tensor {Message.Quote(name)} in this file");
}
