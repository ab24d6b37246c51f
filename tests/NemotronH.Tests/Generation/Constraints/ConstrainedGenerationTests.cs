using System.Runtime.InteropServices;
using System.Text.Json;
using NemotronH.Caching;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Tests.Modules;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Constraints;

/// <summary>The tiny model under random schemas, hot enough to try everything that it may.</summary>
public sealed class ConstrainedGenerationTests
{
    private const int MaxTokens = 1_024;
    private const double Temperature = 1.5;
    private const int Batch = 16;

    [Fact]
    public void Answers_that_end_are_valid() => Check(schemas: 16, leastShare: 0.95);

    [Fact]
    [Trait("Category", "Long")]
    public void Of_200_schemas_almost_all_answers_end_and_all_of_those_are_valid() => Check(schemas: 200, leastShare: 0.95, answers: 3);

    private static void Check(int schemas, double leastShare, int answers = 1)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32 with { MaxSequences = Batch });
        TokenVocabulary vocabulary = new(model.Tokenizer!, model.Config.VocabSize, [2, 11]);
        RandomSchemas random = new(seed: 20);
        JsonElement[] all = [.. Enumerable.Range(0, schemas).Select(_ => random.Next()).SelectMany(schema => Enumerable.Repeat(schema, answers))];
        int ended = 0;
        foreach ((JsonElement Schema, int Seed)[] batch in all.Select((schema, seed) => (schema, seed)).Chunk(Batch))
        {
            List<Answer> open = [.. batch.Select(item => new Answer(model, vocabulary, item.Schema, item.Seed))];
            Run(model, open);
            foreach (Answer answer in open.Where(answer => answer.HasEnded))
            {
                ended++;
                answer.AssertValid(model);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{ended} of {all.Length} answers ended by themselves");
        Assert.True(ended >= leastShare * all.Length, $"only {ended} of {all.Length} answers ended by themselves");
    }

    private static void Run(LanguageModel model, List<Answer> answers)
    {
        foreach (Answer answer in answers)
        {
            using Tensor logits = model.Runner.Prefill(answer.Sequence, model.Encode("ROMEO:").ToArray());
            answer.Take(logits);
        }

        for (List<Answer> open = [.. answers]; open.RemoveAll(answer => answer.IsOver) >= 0 && open.Count > 0;)
        {
            using Tensor logits = model.Runner.Decode([.. open.Select(answer => (answer.Sequence, answer.Ids[^1]))]);
            foreach ((int row, Answer answer) in open.Index())
            {
                using Tensor own = logits[row];
                answer.Take(own);
            }
        }

        answers.ForEach(answer => model.Runner.Cache.Remove(answer.Sequence));
    }

    private sealed class Answer(LanguageModel model, TokenVocabulary vocabulary, JsonElement schema, int seed)
    {
        private readonly TokenConstraint _constraint = JsonGrammar.FromSchema(schema).CreateConstraint(vocabulary);
        private readonly Random _random = new(seed);

        public CachedSequence Sequence { get; } = model.Runner.Cache.Add();

        public List<int> Ids { get; } = [];

        public bool HasEnded => _constraint.IsComplete;

        public bool IsOver => HasEnded || Ids.Count == MaxTokens;

        public void Take(Tensor logits)
        {
            float[] values = MemoryMarshal.Cast<byte, float>(logits.bytes).ToArray();
            _constraint.Apply(values);
            double best = values.Max();
            double[] weights = [.. values.Select(value => Math.Exp((value - best) / Temperature))];
            double left = _random.NextDouble() * weights.Sum();
            int id = Enumerable.Range(0, weights.Length).First(candidate => (left -= weights[candidate]) < 0);
            _constraint.Accept(id);
            Ids.Add(id);
        }

        public void AssertValid(LanguageModel model)
        {
            string text = model.Tokenizer!.Decode([.. Ids.Where(id => id is not (2 or 11))], skipSpecialTokens: false);
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            Assert.True(new SchemaValidator(schema).Allows(document.RootElement), $"{text}\n does not match {schema}");
        }
    }
}
