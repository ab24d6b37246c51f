using FsCheck;
using FsCheck.Fluent;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints.Safetensors;

/// <summary>Random tensors of any stored kind, with the names files could give them.</summary>
internal static class TensorGenerators
{
    private static readonly string[] Fragments =
        ["backbone.", "layers.0.", "weight", "größe", "層", "𝔘𝕟𝕚", "\"", "\\", "\n", "\0", "</", " ", "é", "\u2028", "__metadata__x", "."];

    public static Arbitrary<StoredTensorInfo[]> Lists { get; } = Tensor().ListOf().Select(Distinct).ToArbitrary();

    /// <summary>The bytes of a tensor, made from its name so that every one differs.</summary>
    public static byte[] Content(StoredTensorInfo tensor)
    {
        byte[] bytes = new byte[tensor.ByteCount];
        new Random(tensor.Name.Aggregate(17, (hash, c) => unchecked((hash * 31) + c))).NextBytes(bytes);
        return bytes;
    }

    private static Gen<StoredTensorInfo> Tensor() =>
        from fragments in Gen.Elements(Fragments).NonEmptyListOf()
        from dtype in Gen.Elements(Enum.GetValues<StoredDtype>())
        from rank in Gen.Choose(0, 4)
        from shape in Gen.Choose(0, 5).Select(dimension => (long)dimension).ArrayOf(rank)
        select new StoredTensorInfo(string.Concat(fragments), dtype, shape);

    private static StoredTensorInfo[] Distinct(IEnumerable<StoredTensorInfo> tensors) =>
        [.. tensors.Select((tensor, i) => tensor with { Name = $"{tensor.Name}{i}" })];
}
