namespace NemotronH.Checkpoints;

/// <summary>Tensors of a checkpoint that are known, but belong to a part of the model that is not run.</summary>
/// <param name="Part">What they belong to: multi-token prediction, vision or sound.</param>
/// <param name="Count">Number of tensors.</param>
/// <param name="ByteCount">Their size as stored.</param>
public sealed record SetAsideTensors(string Part, int Count, long ByteCount)
{
    /// <summary>A note for the user, on one line.</summary>
    /// <returns>Count, part and size.</returns>
    public override string ToString() => $"{Count} {Part} tensors ({Message.Bytes(ByteCount)}) are set aside";
}
