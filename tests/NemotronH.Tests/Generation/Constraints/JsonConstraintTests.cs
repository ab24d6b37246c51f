using System.Text.Json;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Text;

namespace NemotronH.Tests.Generation.Constraints;

public sealed class JsonConstraintTests
{
    private static readonly Tokenizer Tokenizer = Tokenizer.Load(Fixtures.TinyModel);
    private static readonly TokenVocabulary Vocabulary = new(Tokenizer, 1024, [2, 11]);

    [Fact]
    public void Random_choices_among_the_allowed_tokens_always_end_in_a_valid_value()
    {
        RandomSchemas schemas = new(1);
        for (int i = 0; i < 400; i++)
        {
            JsonElement schema = schemas.Next();
            string? text = Walk(JsonGrammar.FromSchema(schema), new Random(i), 4_000);
            Assert.True(text is not null, $"did not end: {schema}");
            AssertValid(schema, text);
        }
    }

    [Fact]
    public void Plain_JSON_mode_writes_objects()
    {
        int ended = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            if (Walk(JsonGrammar.AnyObject, new Random(seed), 2_000) is { } text)
            {
                using JsonDocument document = JsonDocument.Parse(text);
                Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
                ended++;
            }
        }

        Assert.InRange(ended, 10, 60);
    }

    private static void AssertValid(JsonElement schema, string text)
    {
        using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.True(new SchemaValidator(schema).Allows(document.RootElement), $"{text}\n does not match {schema}");
    }

    /// <summary>A text of random allowed tokens; <see langword="null"/> where it does not end.</summary>
    private static string? Walk(JsonGrammar grammar, Random random, int maxTokens)
    {
        TokenConstraint constraint = grammar.CreateConstraint(Vocabulary);
        List<int> ids = [];
        while (!constraint.IsComplete)
        {
            float[] logits = new float[1024];
            constraint.Apply(logits);
            int[] allowed = [.. Enumerable.Range(0, logits.Length).Where(id => logits[id] == 0)];
            Assert.True(allowed.Length > 0, $"nothing is allowed after {Tokenizer.Decode([.. ids], false)}");
            int id = allowed[random.Next(allowed.Length)];
            constraint.Accept(id);
            ids.Add(id);
            if (ids.Count > maxTokens)
            {
                return null;
            }
        }

        return Tokenizer.Decode([.. ids.Where(id => id is not (2 or 11))], skipSpecialTokens: false);
    }
}
