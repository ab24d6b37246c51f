using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Text;
using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Generation.Constraints;

public sealed class JsonConstraintTests
{
    private const string Structure = "\"\\{}[],:0129.eE-+ntfau \nx";
    private static readonly Tokenizer Tokenizer = Tokenizer.Load(Fixtures.TinyModel);
    private static readonly TokenVocabulary Vocabulary = new(Tokenizer, 1024, [2, 11]);

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true, NewLine = "\n" };

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

    [Fact]
    public void Valid_texts_are_accepted_however_they_are_printed_and_no_part_of_one_is_whole()
    {
        RandomSchemas schemas = new(2);
        int printed = 0;
        for (int i = 0; i < 200; i++)
        {
            JsonElement schema = schemas.Next();
            JsonGrammar grammar = JsonGrammar.FromSchema(schema);
            using JsonDocument document = JsonDocument.Parse(Walk(grammar, new Random(i), 4_000)!);
            string compact = JsonSerializer.Serialize(document, Compact);
            if (compact.Contains("\\u", StringComparison.Ordinal))
            {
                continue; // The writer escapes rare characters in names too, where the constraint writes them as they are.
            }

            printed++;
            Assert.True(Reads(grammar, compact), compact);
            Assert.False(Reads(grammar, compact[..^1]), compact[..^1]);

            // Constants that are objects or lists have one spelling only.
            if (!schema.ToString().Contains("\"const\":{", StringComparison.Ordinal))
            {
                string indented = JsonSerializer.Serialize(document, Indented);
                Assert.True(Reads(grammar, indented), $"{schema}: {indented}");
            }
        }

        Assert.InRange(printed, 50, 200);
    }

    [Fact]
    public void Texts_with_a_wrong_byte_are_accepted_only_where_they_are_valid_all_the_same()
    {
        RandomSchemas schemas = new(3);
        Random random = new(3);
        int accepted = 0;
        for (int i = 0; i < 600; i++)
        {
            JsonElement schema = schemas.Next();
            JsonGrammar grammar = JsonGrammar.FromSchema(schema);
            char[] text = Walk(grammar, random, 4_000)!.ToCharArray();
            text[random.Next(text.Length)] = Structure[random.Next(Structure.Length)];
            if (Reads(grammar, new string(text)))
            {
                accepted++;
                AssertValid(schema, new string(text));
            }
        }

        Assert.InRange(accepted, 10, 550);
    }

    [Fact]
    public void Strings_are_those_that_NET_reads()
    {
        byte[][] parts = [.. new[] { "\\", "u", "\"", "d83d", "DE00", "\\ud83d", "\\uDE00", "\\u00e9", "\\n", "a", "é", "日", "😀", "\n", "\t", "\u007f" }
            .Select(Encoding.UTF8.GetBytes), [0xC0], [0x80], [0xED, 0xA0, 0x80], [0xE0, 0x80, 0x80], [0xF0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xE6, 0x97]];
        JsonGrammar grammar = Grammar("""{"type": "string"}""");
        Random random = new(4);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] text = [(byte)'"', .. Enumerable.Range(0, random.Next(5)).SelectMany(_ => parts[random.Next(parts.Length)]), (byte)'"'];
            bool isRead = Reads(grammar, text);
            Assert.True(isRead == IsString(text), Convert.ToHexString(text));
            accepted += isRead ? 1 : 0;
        }

        Assert.InRange(accepted, 2_000, 18_000);
    }

    [Fact]
    public void Lengths_count_code_points()
    {
        JsonGrammar grammar = Grammar("""{"type": "string", "minLength": 2, "maxLength": 3}""");
        Assert.Equal([false, true, true, false], ((string[])["😀", "😀é", "\\ud83d\\ude00\\n日", "😀😀😀😀"]).Select(text => Reads(grammar, $"\"{text}\"")));
    }

    [Fact]
    public void Numbers_are_those_of_JSON_and_integers_have_no_fraction()
    {
        JsonGrammar number = Grammar("""{"type": "number"}""");
        JsonGrammar integer = Grammar("""{"type": "integer"}""");
        Random random = new(5);
        for (int i = 0; i < 20_000; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => "-+0012.eE"[random.Next(9)])]);
            bool isNumber = IsNumber(text) && !Regex.IsMatch(text, @"[eE][+-]?\d{3}");
            Assert.True(Reads(number, text) == isNumber, text);
            Assert.True(Reads(integer, text) == (isNumber && text != "-0" && text.IndexOfAny(['.', 'e', 'E']) < 0), text);
        }
    }

    [Fact]
    public void Bounds_admit_the_numbers_between_them()
    {
        Random random = new(6);
        for (int i = 0; i < 300; i++)
        {
            decimal low = random.Next(-3_000, 3_000) / 10m;
            decimal high = low + (random.Next(1, 2_000) / 10m);
            JsonGrammar open = Grammar($$"""{"type": "number", "exclusiveMinimum": {{low}}, "exclusiveMaximum": {{high}}}""");
            JsonGrammar closed = Grammar($$"""{"type": "number", "minimum": {{low}}, "maximum": {{high}}}""");
            for (int j = 0; j < 60; j++)
            {
                decimal number = j < 2 ? (j == 0 ? low : high) : random.Next(-4_000, 6_000) / (decimal)Math.Pow(10, random.Next(4));
                string text = number.ToString(CultureInfo.InvariantCulture);
                Assert.True(Reads(closed, text) == (low <= number && number <= high), $"{low} {text} {high}");
                Assert.True(Reads(open, text) == (low < number && number < high), $"{low} {text} {high}");
            }
        }
    }

    [Fact]
    public void Integers_keep_to_one_sided_and_huge_bounds()
    {
        Assert.True(Reads(Grammar("""{"type": "integer", "minimum": 5}"""), "999999999999999999"));
        Assert.False(Reads(Grammar("""{"type": "integer", "minimum": 5}"""), "4"));
        Assert.True(Reads(Grammar("""{"type": "integer", "maximum": 1e300, "minimum": -9223372036854775808}"""), "-12"));
        Assert.False(Reads(Grammar("""{"type": "integer", "minimum": 1.5, "exclusiveMaximum": 3}"""), "3"));
    }

    [Fact]
    public void Names_of_other_properties_are_new_ones()
    {
        JsonGrammar grammar = Grammar("""{"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "integer"}}""");
        Assert.True(Reads(grammar, """{"a": 1, "b": 2, "aa": 3}"""));
        Assert.False(Reads(grammar, """{"b": 2, "a": 1}"""));
        Assert.False(Reads(grammar, """{"a": 1, "b": 2, "b": 3}"""));
        Assert.False(Reads(Grammar("""{"type": "object"}"""), """{"x": {}, "x": []}"""));
    }

    [Fact]
    public void Nesting_ends_where_it_must()
    {
        string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        Assert.True(Reads(JsonGrammar.AnyObject, Nested(JsonGrammar.MaxNesting)));
        Assert.False(Reads(JsonGrammar.AnyObject, Nested(JsonGrammar.MaxNesting + 1)));
    }

    [Fact]
    public void Tokens_that_are_parts_of_characters_and_special_ones_are_told_apart()
    {
        TokenConstraint constraint = Grammar("""{"const": "é<|im_end|>"}""").CreateConstraint(Vocabulary);
        foreach (byte value in "\"é<|im_end|>\""u8)
        {
            float[] logits = new float[1024];
            constraint.Apply(logits);
            int id = Tokenizer.TokenToId(ByteLevelAlphabet.ToChar(value).ToString())!.Value;
            Assert.Equal(0, logits[id]);
            Assert.Equal(float.NegativeInfinity, logits[11]);
            Assert.Equal(float.NegativeInfinity, logits[2]);
            constraint.Accept(id);
        }

        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void The_end_of_text_is_allowed_where_a_number_may_end_and_a_token_that_does_not_fit_is_refused()
    {
        TokenConstraint constraint = Grammar("""{"type": "integer"}""").CreateConstraint(Vocabulary);
        Assert.Equal("token 11 does not fit the response format", Assert.Throws<NemotronHException>(() => constraint.Accept(11)).Message);
        constraint.Accept(Tokenizer.TokenToId("1")!.Value);
        Assert.False(constraint.IsComplete);
        float[] logits = new float[1024];
        constraint.Apply(logits);
        Assert.Equal((0, 0), (logits[2], logits[11]));
        constraint.Accept(11);
        Assert.True(constraint.IsComplete);
    }

    [Fact]
    public void Logits_beyond_the_tokenizer_are_never_allowed()
    {
        TokenVocabulary wide = new(Tokenizer, 1_100, [2, 11, 5_000]);
        float[] logits = new float[1_200];
        JsonGrammar.AnyObject.CreateConstraint(wide).Apply(logits);
        Assert.All(logits[1024..], logit => Assert.Equal(float.NegativeInfinity, logit));
        Assert.Contains(0, logits);
    }

    private static JsonGrammar Grammar(string schema) => JsonGrammar.FromSchema(JsonElement.Parse(schema));

    private static bool Reads(JsonGrammar grammar, string text) => Reads(grammar, Encoding.UTF8.GetBytes(text));

    private static bool Reads(JsonGrammar grammar, byte[] text)
    {
        GrammarConstraint constraint = (GrammarConstraint)grammar.CreateConstraint(Vocabulary);
        return constraint.TryRead(text) && constraint.CanEnd;
    }

    private static bool IsString(byte[] text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.GetString() is not null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsNumber(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
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
