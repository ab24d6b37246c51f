namespace NemotronH.Kernels.Cuda;

/// <summary>A kernel, compiled and loaded.</summary>
/// <remarks>It stays loaded as long as the process, so that no graph can outlive it.</remarks>
public sealed class CudaFunction
{
    private readonly CudaContext _context;
    private readonly nint _handle;
    private readonly int? _parameterCount;

    internal CudaFunction(CudaContext context, string name, nint handle)
    {
        _context = context;
        _handle = handle;
        Name = name;
        Registers = Read(FunctionAttribute.NumberOfRegisters);
        LocalBytes = Read(FunctionAttribute.LocalSizeBytes);
        SharedBytes = Read(FunctionAttribute.SharedSizeBytes);
        MaxThreads = Read(FunctionAttribute.MaxThreadsPerBlock);
        _parameterCount = CountParameters(handle);
    }

    /// <summary>Its name in the source.</summary>
    public string Name { get; }

    /// <summary>The registers of one thread.</summary>
    public int Registers { get; }

    /// <summary>The local memory of one thread in bytes: local arrays and registers that were spilled; 0 in a good kernel.</summary>
    public int LocalBytes { get; }

    /// <summary>The static shared memory of one block in bytes.</summary>
    public int SharedBytes { get; }

    /// <summary>The most threads that a block may have.</summary>
    public int MaxThreads { get; }

    /// <summary>Raises the limit of dynamic shared memory, which is 48 KiB for static and dynamic together unless raised.</summary>
    /// <param name="bytes">The dynamic shared memory of one block.</param>
    /// <exception cref="CudaException">The GPU has less.</exception>
    public void AllowDynamicShared(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes > _context.MaxSharedBytesPerBlock - SharedBytes)
        {
            throw new CudaException(
                $"The kernel {Name} wants {bytes} bytes of dynamic and {SharedBytes} of static shared memory; " +
                $"{_context} has {_context.MaxSharedBytesPerBlock} for a block.");
        }

        int status = CudaDriver.FunctionSetAttribute(_handle, FunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
        CudaException.Check(status, "cuFuncSetAttribute", $"giving the kernel {Name} {bytes} bytes of dynamic shared memory");
    }

    /// <summary>How many of its blocks run on one multiprocessor at once.</summary>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="sharedBytes">The dynamic shared memory of a block.</param>
    public int BlocksPerMultiprocessor(int threads, int sharedBytes)
    {
        int status = CudaDriver.MaxActiveBlocks(out int blocks, _handle, threads, (nuint)sharedBytes);
        CudaException.Check(status, "cuOccupancyMaxActiveBlocksPerMultiprocessor", $"asking how many blocks of {Name} run at once");
        return blocks;
    }

    /// <summary>Queues the kernel on a stream; allocates nothing.</summary>
    /// <param name="stream">The stream, whose GPU must be the calling thread's device.</param>
    /// <param name="grid">The number of blocks.</param>
    /// <param name="block">The threads of a block.</param>
    /// <param name="sharedBytes">The dynamic shared memory of a block; for more than 48 KiB, <see cref="AllowDynamicShared"/> comes first.</param>
    /// <param name="programmatic">
    /// Whether it may begin before the kernel in front of it has ended. It must then call <c>pdl_wait()</c> before it touches anything
    /// that earlier kernels write or read. Without effect below compute capability 9.0.
    /// </param>
    /// <param name="arguments">The kernel's parameters in order.</param>
    /// <exception cref="ArgumentException">The number of arguments is not the kernel's.</exception>
    /// <exception cref="CudaException">The driver refuses the launch.</exception>
    public unsafe void Launch(
        CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, bool programmatic, params ReadOnlySpan<KernelArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_parameterCount is { } count && count != arguments.Length)
        {
            throw new ArgumentException($"The kernel {Name} was given {arguments.Length} arguments; expected {count}.", nameof(arguments));
        }

        LaunchLog.Current?.Add(new LoggedLaunch(this, grid, block, sharedBytes, programmatic, arguments.ToArray()));
        var attribute = new LaunchAttribute { Id = LaunchAttribute.ProgrammaticStreamSerialization, Value = 1 };
        var configuration = new LaunchConfiguration
        {
            GridX = (uint)grid.X,
            GridY = (uint)grid.Y,
            GridZ = (uint)grid.Z,
            BlockX = (uint)block.X,
            BlockY = (uint)block.Y,
            BlockZ = (uint)block.Z,
            SharedBytes = (uint)sharedBytes,
            Stream = stream.Handle,
            Attributes = &attribute,
            AttributeCount = programmatic && _context.HasProgrammaticLaunch ? 1u : 0u,
        };
        void** pointers = stackalloc void*[arguments.Length];
        fixed (KernelArgument* values = arguments)
        {
            for (int index = 0; index < arguments.Length; index++)
            {
                pointers[index] = values + index;
            }

            int status = CudaDriver.LaunchKernel(&configuration, _handle, pointers, null);
            if (status != 0)
            {
                throw CudaException.Of(
                    status, "cuLaunchKernelEx", $"launching {Name} with grid {grid}, block {block}, {sharedBytes} bytes of shared memory");
            }
        }
    }

    private int Read(FunctionAttribute attribute)
    {
        int status = CudaDriver.FunctionGetAttribute(out int value, attribute, _handle);
        CudaException.Check(status, "cuFuncGetAttribute", $"asking the kernel {Name} for its resources");
        return value;
    }

    /// <summary>The number of parameters, or null where the driver is too old (before CUDA 12.4) to tell.</summary>
    private static int? CountParameters(nint function)
    {
        try
        {
            int count = 0;
            while (CudaDriver.FunctionGetParameter(function, (nuint)count, out _, out _) == 0)
            {
                count++;
            }

            return count;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }
}
