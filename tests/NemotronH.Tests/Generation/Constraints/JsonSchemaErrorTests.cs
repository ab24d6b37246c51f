using System.Text.Json;
using NemotronH.Generation.Constraints;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Text;

namespace NemotronH.Tests.Generation.Constraints;

public sealed class JsonSchemaErrorTests
{
    [Theory]
    [InlineData("""[]""", "response schema at #: is a list; expected a schema: an object, true or false")]
    [InlineData("""{"properties": {"a": 5}}""", "response schema at #/properties/a: is 5; expected a schema: an object, true or false")]
    [InlineData("""{"type": "text"}""", "response schema at #/type: is 'text'; expected one of string, number, integer, boolean, null, object, array")]
    [InlineData("""{"type": []}""", "response schema at #/type: is empty; expected at least one item")]
    [InlineData("""{"anyOf": []}""", "response schema at #/anyOf: is empty; expected at least one item")]
    [InlineData("""{"anyOf": [{}], "minLength": 1}""", "response schema at #: 'minLength' beside 'anyOf' is not supported")]
    [InlineData("""{"$ref": "#/$defs/x", "type": "object"}""", "response schema at #: 'type' beside '$ref' is not supported")]
    [InlineData("""{"anyOf": [{"type": "string"}], "type": "object"}""", "response schema at #/anyOf/0/type: differs from the type beside the alternatives")]
    [InlineData("""{"anyOf": [{"$ref": "#"}], "type": "object"}""", "response schema at #/anyOf/0: 'type' beside the alternatives is supported for alternatives without references, alternatives and constants of their own")]
    [InlineData("""{"enum": ["a"], "minLength": 1}""", "response schema at #: 'minLength' beside 'enum' is not supported")]
    [InlineData("""{"type": "integer", "enum": ["a"]}""", "response schema at #: no value of 'enum' or 'const' is of the schema's type")]
    [InlineData("""{"allOf": [{}, {}]}""", "response schema at #/allOf: more than one schema is not supported")]
    [InlineData("""{"type": "string", "minLength": -1}""", "response schema at #/minLength: is -1; expected a whole number, 0 or more")]
    [InlineData("""{"type": "string", "minLength": 3, "maxLength": 2}""", "response schema at #: 'minLength' is 3, more than 'maxLength', 2")]
    [InlineData("""{"type": "string", "format": "uuid", "maxLength": 2}""", "response schema at #: 'minLength' and 'maxLength' beside the format 'uuid' are not supported")]
    [InlineData("""{"type": "integer", "minimum": 1.2, "maximum": 1.8}""", "response schema at #: there is no number of at most 0 decimals within the bounds")]
    [InlineData("""{"type": "number", "minimum": "1"}""", "response schema at #/minimum: is a string; expected a number")]
    [InlineData("""{"type": "object", "required": ["a"], "additionalProperties": false}""", "response schema at #: 'a' is required, but neither declared nor allowed")]
    [InlineData("""{"$ref": "https://example.com/x"}""", "response schema at #/$ref: 'https://example.com/x' is not supported; expected '#' or '#/' and a path within the schema")]
    [InlineData("""{"$ref": "#/$defs/x"}""", "response schema at #/$ref: '#/$defs/x' leads nowhere")]
    [InlineData("""{"$ref": "#"}""", "response schema at #: is defined by itself")]
    [InlineData("""{"anyOf": [{"type": "null"}, {"$ref": "#"}]}""", "response schema at #: is defined by itself")]
    [InlineData("""false""", "the response schema allows no value of finite size")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}""", "the response schema allows no value of finite size")]
    [InlineData("""{"oneOf": [{"type": "string"}, {"enum": [1, "a"]}]}""", "response schema at #/oneOf: a value might match both alternatives 0 and 1; give them different types, or a required property with different constants")]
    public void What_cannot_be_used_is_refused_by_its_place(string schema, string message) =>
        Assert.Equal(message, Assert.Throws<JsonSchemaException>(() => JsonGrammar.FromSchema(JsonElement.Parse(schema))).Message);

    [Fact]
    public void More_alternatives_than_can_be_followed_are_refused()
    {
        Assert.NotNull(JsonGrammar.FromSchema(Alternatives(256)));
        foreach (JsonElement tooMany in (JsonElement[])[Alternatives(257), JsonElement.Parse($$"""{"anyOf": [{"type": "string"}, {{Alternatives(256)}}]}""")])
        {
            Assert.Equal(
                "response schema at #/anyOf: has more than 256 alternatives, those within them included; no more are supported",
                Assert.Throws<JsonSchemaException>(() => JsonGrammar.FromSchema(tooMany)).Message);
        }

        static JsonElement Alternatives(int count) =>
            JsonElement.Parse($$"""{"anyOf": [{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"const": {{i}}}"""))}}]}""");
    }

    [Theory]
    [InlineData("pattern", "\"^a$\"")]
    [InlineData("multipleOf", "2")]
    [InlineData("not", "{}")]
    [InlineData("if", "{}")]
    [InlineData("uniqueItems", "true")]
    [InlineData("prefixItems", "[{}]")]
    [InlineData("contains", "{}")]
    [InlineData("patternProperties", "{}")]
    [InlineData("propertyNames", "{}")]
    [InlineData("dependentRequired", "{}")]
    [InlineData("unevaluatedProperties", "false")]
    [InlineData("$dynamicRef", "\"#\"")]
    [InlineData("nullable", "true")]
    public void Keywords_that_are_not_supported_are_refused_by_name(string keyword, string value)
    {
        string schema = $$"""{"type": "object", "properties": {"a": {"{{keyword}}": {{value}} } } }""";
        Assert.StartsWith(
            $"response schema at #/properties/a: the keyword '{keyword}' is not supported; supported are $ref, additionalProperties, allOf, ",
            Assert.Throws<JsonSchemaException>(() => JsonGrammar.FromSchema(JsonElement.Parse(schema))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Size_and_nesting_have_limits()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"type\":\"array\",\"minItems\":1,\"items\":", 20)) + "{\"type\":\"null\"}" + new string('}', 20);
        Assert.Equal("the values of the response schema nest 20 objects and lists; at most 16 are supported", Refuse(deep));
        string wide = $$"""{"properties": { {{string.Join(',', Enumerable.Range(0, 6_000).Select(i => $"\"p{i}\": {{\"type\": \"null\"}}"))}} } }""";
        Assert.Equal("the response schema has more than 5000 parts", Refuse(wide));
        string many = $$"""{"enum": [{{string.Join(',', Enumerable.Range(0, 10_001))}}]}""";
        Assert.Equal("response schema at #: 'enum' has 10001 values; at most 10000 are supported", Refuse(many));

        static string Refuse(string schema) => Assert.Throws<JsonSchemaException>(() => JsonGrammar.FromSchema(JsonElement.Parse(schema))).Message;
    }

    [Fact]
    public void A_recursive_schema_of_NET_works()
    {
        JsonElement schema = JsonElement.Parse("""{"type":"object","properties":{"Value":{"type":"integer"},"Next":{"type":["object","null"],"properties":{"Value":{"type":"integer"},"Next":{"$ref":"#/properties/Next"}}}}}""");
        Assert.NotNull(JsonGrammar.FromSchema(schema));
        Assert.NotNull(JsonGrammar.FromSchema(JsonElement.Parse("""{"type": "object", "required": ["a"], "anyOf": [{"required": []}, {"required": ["b"]}]}""")));
    }

    [Fact]
    public void A_tokenizer_without_a_byte_is_refused()
    {
        var json = TokenizerJson.Create();
        json["model"]!["vocab"]!.AsObject().Remove("{");
        json["model"]!["vocab"]!["filler"] = 123;
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["tokenizer.json"], json.ToJsonString());
        string directoryPath = Path.GetDirectoryName(directory["tokenizer.json"])!;
        Assert.Equal(
            "the tokenizer has no token for byte 0x7B alone; constrained decoding needs one for every byte",
            Assert.Throws<NemotronHException>(() => new TokenVocabulary(NemotronH.Text.Tokenizer.Load(directoryPath), 256, [])).Message);
    }
}
