namespace NemotronH.Cli.Inspection;

/// <summary>What <c>inspect</c> tells of a model; <c>inspect --json</c> prints it as it is.</summary>
/// <param name="Model">Its directory.</param>
/// <param name="Layers">Kind of each layer: mamba, attention, mlp or moe.</param>
/// <param name="Pattern">The same as one letter each.</param>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="VocabSize">Tokens in the vocabulary.</param>
/// <param name="MaxContext">Longest context it was made for, in tokens.</param>
/// <param name="Tensors">Its tensors by name and shape.</param>
/// <param name="Parameters">How many parameters it has, multi-token prediction excluded.</param>
/// <param name="WeightBytes">What the weights take in each precision.</param>
/// <param name="Sequence">What each sequence takes.</param>
/// <param name="Checkpoint">What its files hold, or <see langword="null"/> where it has no weights.</param>
/// <param name="Tokenizer">Its tokenizer, or <see langword="null"/> where it has none.</param>
/// <param name="Notes">What is odd but harmless.</param>
internal sealed record ModelReport(
    string Model,
    IReadOnlyList<string> Layers,
    string Pattern,
    int HiddenSize,
    int VocabSize,
    int MaxContext,
    IReadOnlyList<TensorGroup> Tensors,
    ParameterReport Parameters,
    WeightBytes WeightBytes,
    SequenceBytes Sequence,
    CheckpointReport? Checkpoint,
    TokenizerReport? Tokenizer,
    IReadOnlyList<string> Notes);

/// <summary>Tensors that differ only in the layer or the expert.</summary>
/// <param name="Name">Their name, <c>*</c> for the indices.</param>
/// <param name="Shape">Their shape.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Parameters">Elements of all of them.</param>
internal sealed record TensorGroup(string Name, IReadOnlyList<long> Shape, int Count, long Parameters);

/// <summary>Numbers of parameters.</summary>
/// <param name="Total">All.</param>
/// <param name="Active">Those that one token meets.</param>
/// <param name="Embeddings">Those of embeddings, final norm and head.</param>
/// <param name="Layers">Those of all layers of each kind.</param>
internal sealed record ParameterReport(long Total, long Active, long Embeddings, IReadOnlyDictionary<string, long> Layers);

/// <summary>Bytes of the weights, were every linear layer stored in that precision.</summary>
internal sealed record WeightBytes(long Bfloat16, long Fp8, long Nvfp4);

/// <summary>Bytes that each sequence takes.</summary>
/// <param name="SsmState">Float32 SSM states, however long the sequence.</param>
/// <param name="ConvState">Convolution states in float32, however long the sequence.</param>
/// <param name="KvPerToken">Attention keys and values of one token in bfloat16.</param>
/// <param name="KvAtMaxContext">Attention keys and values of the longest context in bfloat16.</param>
internal sealed record SequenceBytes(long SsmState, long ConvState, long KvPerToken, long KvAtMaxContext);

/// <summary>What a checkpoint's files hold.</summary>
/// <param name="Tensors">Tensors of the language model.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Modules">In which precision the modules are stored.</param>
/// <param name="SetAside">Parts that are there but not run.</param>
internal sealed record CheckpointReport(int Tensors, long Bytes, IReadOnlyList<ModuleGroup> Modules, IReadOnlyList<SetAsidePart> SetAside);

/// <summary>Modules that differ only in the layer or the expert and are stored in the same precision.</summary>
/// <param name="Name">Their name, <c>*</c> for the indices.</param>
/// <param name="Precision">nvfp4, fp8, or the tensors' dtype.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">Bytes of all of them, scales included.</param>
/// <param name="Layers">The layers they are in.</param>
internal sealed record ModuleGroup(string Name, string Precision, int Count, long Bytes, IReadOnlyList<int> Layers);

/// <summary>A part of a checkpoint that is known but not run.</summary>
internal sealed record SetAsidePart(string Part, int Tensors, long Bytes);

/// <summary>Facts of a tokenizer.</summary>
internal sealed record TokenizerReport(int VocabSize, int? BosTokenId, int? EosTokenId, int SpecialTokens);
