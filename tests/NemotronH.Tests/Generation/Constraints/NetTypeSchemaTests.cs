using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Text;

namespace NemotronH.Tests.Generation.Constraints;

/// <summary>The schemas that Microsoft.Extensions.AI makes of .NET types, judged by System.Text.Json.</summary>
public sealed class NetTypeSchemaTests
{
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    [Fact]
    public void Whatever_is_written_becomes_an_object_of_the_type()
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.TinyModel);
        TokenVocabulary vocabulary = new(tokenizer, 1024, [2, 11]);
        JsonElement schema = AIJsonUtilities.CreateJsonSchema(
            typeof(Order), serializerOptions: Options, inferenceOptions: new AIJsonSchemaCreateOptions { TransformOptions = new() { DisallowAdditionalProperties = true } });
        JsonGrammar grammar = JsonGrammar.FromSchema(schema);
        HashSet<bool> trees = [];
        HashSet<Type> shapes = [];
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            TokenConstraint constraint = grammar.CreateConstraint(vocabulary);
            List<int> ids = [];
            while (!constraint.IsComplete)
            {
                float[] logits = new float[1024];
                constraint.Apply(logits);

                // Strings have no bounds here: their end is taken as often as everything else together.
                int quote = tokenizer.TokenToId("\"")!.Value;
                int[] allowed = [.. Enumerable.Range(0, logits.Length).Where(id => logits[id] == 0)];
                int id = logits[quote] == 0 && random.Next(2) == 0 ? quote : allowed[random.Next(allowed.Length)];
                constraint.Accept(id);
                ids.Add(id);
            }

            string text = tokenizer.Decode([.. ids], skipSpecialTokens: true);
            Order? order = JsonSerializer.Deserialize<Order>(text, Options);
            Assert.NotNull(order?.Items);
            trees.Add(order.Tree?.Children is { Count: > 0 });
            shapes.UnionWith(order.Shapes.Select(shape => shape.GetType()));
        }

        Assert.Equal((2, 2), (trees.Count, shapes.Count));
    }

    private sealed record Order(
        Guid Id, DateTimeOffset Placed, DateOnly? Due, List<Item> Items, Dictionary<string, long> Counts, Color Color, Color? Other, Node? Tree, bool? Flag, double[][] Grid, List<Shape> Shapes);

    private sealed record Item(string Name, double Price, string? Note = null);

    private sealed record Node(long Value, List<Node> Children);

    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    private abstract record Shape(string Name);

    private sealed record Circle(string Name, double Radius) : Shape(Name);

    private sealed record Square(string Name, double Side) : Shape(Name);

    [JsonConverter(typeof(JsonStringEnumConverter<Color>))]
    private enum Color
    {
        Red,
        Green,
    }
}
