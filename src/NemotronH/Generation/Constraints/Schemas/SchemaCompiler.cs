using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Turns a JSON schema into the nodes of an automaton.</summary>
internal sealed class SchemaCompiler
{
    private const int MaxNodes = 5_000;
    private const int MaxDepth = 64;

    private readonly JsonElement _document;
    private readonly Dictionary<string, ChoiceNode> _references = [];
    private readonly Queue<(SchemaPlace Place, ChoiceNode Node)> _open = [];
    private readonly List<(SchemaPlace Place, ChoiceNode Node)> _exclusive = [];
    private readonly List<(SchemaPlace Place, ChoiceNode Node)> _choices = [];
    private readonly List<ValueNode> _nodes = [];
    private ValueNode? _any;
    private int _depth;

    private SchemaCompiler(JsonElement document) => _document = document;

    /// <summary>Compiles a schema.</summary>
    /// <param name="schema">The schema, references in it being to itself.</param>
    /// <exception cref="JsonSchemaException">It cannot be used; the message names the place.</exception>
    public static ValueNode Compile(JsonElement schema) => Compile(schema, new SchemaPlace(schema, "#"));

    /// <summary>Compiles a schema that is part of another.</summary>
    /// <param name="document">The whole, which references are to.</param>
    /// <param name="schema">The part.</param>
    /// <exception cref="JsonSchemaException">It cannot be used; the message names the place.</exception>
    public static ValueNode Compile(JsonElement document, SchemaPlace schema)
    {
        SchemaCompiler compiler = new(document);
        ValueNode root = compiler.CompilePart(schema);
        while (compiler._open.TryDequeue(out (SchemaPlace Place, ChoiceNode Node) open))
        {
            open.Node.Add(compiler.CompilePart(open.Place));
        }

        compiler.Finish(root);
        return root;
    }

    /// <summary>Any JSON object.</summary>
    public static ValueNode CompileAnyObject()
    {
        SchemaCompiler compiler = new(default);
        ValueNode root = compiler.Register(new ObjectNode { Additional = compiler.Any() });
        compiler.Finish(root);
        return root;
    }

    /// <summary>Any value.</summary>
    public ValueNode Any()
    {
        if (_any is null)
        {
            ChoiceNode any = new();
            _any = Register(any);
            any.Add(Register(new ObjectNode { Additional = any }));
            any.Add(Register(new ArrayNode(any, 0, int.MaxValue)));
            any.Add(Register(new StringNode(0, int.MaxValue)));
            any.Add(Register(new NumberNode(isInteger: false)));
            any.Add(Register(LiteralReader.Of("true", "false", "null")));
        }

        return _any;
    }

    /// <summary>Compiles a schema within the document.</summary>
    public ValueNode CompilePart(SchemaPlace schema)
    {
        if (++_depth > MaxDepth)
        {
            throw schema.Error($"nests more than {MaxDepth} schemas");
        }

        ValueNode node = schema.Element.ValueKind switch
        {
            JsonValueKind.True => Any(),
            JsonValueKind.False => Register(new ChoiceNode()),
            JsonValueKind.Object => CompileObject(schema),
            _ => throw schema.Error($"is {JsonText.Describe(schema.Element)}; expected a schema: an object, true or false"),
        };
        _depth--;
        return node;
    }

    private ValueNode CompileObject(SchemaPlace schema)
    {
        SchemaKeywords.Verify(schema);
        if (schema.Find("$ref") is { } reference)
        {
            return Refer(reference);
        }

        if (schema.Find("anyOf") is { } anyOf)
        {
            return Choose(anyOf, schema);
        }

        if (schema.Find("oneOf") is { } oneOf)
        {
            ChoiceNode choice = Choose(oneOf, schema);
            _exclusive.Add((oneOf, choice));
            return choice;
        }

        if (schema.Find("allOf") is { } allOf)
        {
            return allOf.Items() is [SchemaPlace single] ? CompilePart(single) : throw allOf.Error("more than one schema is not supported");
        }

        return SchemaKeywords.Values.Any(schema.Has) ? Register(LiteralReader.Read(schema)) : CompileTypes(schema);
    }

    private ChoiceNode Choose(SchemaPlace alternatives, SchemaPlace schema)
    {
        ChoiceNode choice = new();
        _choices.Add((alternatives, choice));
        alternatives.Items().ForEach(alternative => choice.Add(CompilePart(SharedAssertions.Add(alternative, schema))));
        return Register(choice);
    }

    private ChoiceNode Refer(SchemaPlace reference)
    {
        string pointer = reference.Text();
        if (!_references.TryGetValue(pointer, out ChoiceNode? node))
        {
            _references[pointer] = node = Register(new ChoiceNode());
            _open.Enqueue((new SchemaPlace(SchemaReference.Resolve(_document, reference), pointer), node));
        }

        return node;
    }

    private ValueNode CompileTypes(SchemaPlace schema)
    {
        bool isTyped = schema.Has("type");
        IReadOnlyList<string> types = isTyped ? SchemaTypes.Read(schema) : SchemaKeywords.InferTypes(schema);
        if (types.Count == 0)
        {
            return Any();
        }

        ChoiceNode choice = new();
        foreach (string type in types)
        {
            ValueNode node = Register(new TypeCompiler(this, schema).Compile(type));
            node.IsOpen = !isTyped;
            choice.Add(node);
        }

        return types.Count == 1 ? choice.Alternatives.Single() : Register(choice);
    }

    private T Register<T>(T node)
        where T : ValueNode
    {
        _nodes.Add(node);
        return _nodes.Count <= MaxNodes ? node : throw new JsonSchemaException($"the response schema has more than {MaxNodes} parts");
    }

    private void Finish(ValueNode root)
    {
        LeftRecursion.Refuse(_references);
        _choices.ForEach(choice => RefuseTooMany(choice.Place, choice.Node));
        _exclusive.ForEach(choice => Overlap.Refuse(choice.Place, choice.Node));
        while (_nodes.Aggregate(false, static (changed, node) => Lower(node) || changed))
        {
        }

        if (root.Height > JsonGrammar.MaxNesting)
        {
            throw new JsonSchemaException(root.Height >= ValueNode.Unreachable
                ? "the response schema allows no value of finite size"
                : $"the values of the response schema nest {root.Height} objects and lists; at most {JsonGrammar.MaxNesting} are supported");
        }
    }

    /// <summary>Refuses more alternatives, those within alternatives included, than are followed at once.</summary>
    private static void RefuseTooMany(SchemaPlace place, ChoiceNode choice)
    {
        int ways = 0;
        HashSet<ValueNode> seen = [];
        Stack<ValueNode> open = new(choice.Alternatives);
        while (open.TryPop(out ValueNode? node))
        {
            if (seen.Add(node))
            {
                ways += node is ChoiceNode ? 0 : 1;
                node.Alternatives.ToList().ForEach(open.Push);
            }

            if (ways > StackSet.Capacity)
            {
                throw place.Error($"has more than {StackSet.Capacity} alternatives, those within them included; no more are supported");
            }
        }
    }

    private static bool Lower(ValueNode node)
    {
        int height = node.ComputeHeight();
        bool isLower = height < node.Height;
        node.Height = height;
        return isLower;
    }
}
