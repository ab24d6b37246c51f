using System.Runtime.InteropServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>A GPU that cannot do what it was asked to: absent, unsuitable, out of memory, or a call that failed.</summary>
public sealed class CudaException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was being done, what failed and, where something can be done about it, what.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public CudaException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Does nothing for 0.</summary>
    /// <param name="status">What a function of the driver returned.</param>
    /// <param name="function">The function's name in cuda.h.</param>
    /// <param name="doing">What it was called for, as in "making a stream".</param>
    /// <exception cref="CudaException">The status is an error.</exception>
    internal static void Check(int status, string function, string doing)
    {
        if (status != 0)
        {
            throw Of(status, function, doing);
        }
    }

    /// <summary>The exception for an error code of the driver.</summary>
    internal static CudaException Of(int status, string function, string doing, Exception? innerException = null) =>
        new($"CUDA failed while {doing}: {function} returned {Describe(status)}.", innerException);

    /// <summary>An error code with its name and the driver's text.</summary>
    internal static string Describe(int status)
    {
        if (NativeImports.Load(NativeImports.CudaDriver) == 0)
        {
            return $"error {status}";
        }

        string? name = CudaDriver.GetErrorName(status, out nint nameText) == 0 ? Marshal.PtrToStringUTF8(nameText) : null;
        string? text = CudaDriver.GetErrorString(status, out nint errorText) == 0 ? Marshal.PtrToStringUTF8(errorText) : null;
        return name is null ? $"error {status}, which this driver does not know" : $"{name} ({status}, {text})";
    }
}
