using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Evaluation;

/// <summary>Records and results as JSON, with names in snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(WindowLosses))]
[JsonSerializable(typeof(WindowDivergence))]
[JsonSerializable(typeof(Gsm8kRecord))]
[JsonSerializable(typeof(MmluRecord))]
[JsonSerializable(typeof(PerplexityResult))]
[JsonSerializable(typeof(DivergenceResult))]
[JsonSerializable(typeof(Gsm8kResult))]
[JsonSerializable(typeof(MmluResult))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
