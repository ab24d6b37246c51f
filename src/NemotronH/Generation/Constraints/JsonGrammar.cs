using System.Text.Json;
using NemotronH.Generation.Constraints.Automaton;
using NemotronH.Generation.Constraints.Schemas;

namespace NemotronH.Generation.Constraints;

/// <summary>The JSON texts that a response format allows.</summary>
/// <remarks>
/// <para>
/// Everything it allows is valid; not everything valid is allowed: properties come in the order of the schema, white space is what a pretty-printer
/// writes, integers have at most 18 digits, and nothing nests deeper than <see cref="MaxNesting"/>. <c>docs/constrained-decoding.md</c> lists the
/// keywords and all such bounds.
/// </para>
/// <para>Immutable; serves any number of requests at a time.</para>
/// </remarks>
public sealed class JsonGrammar
{
    /// <summary>How deep objects and lists may nest in a text.</summary>
    public const int MaxNesting = 16;

    private JsonGrammar(ValueNode root) => Start = ParseStack.Bottom(MaxNesting).Push(new ValueFrame(root));

    /// <summary>Any JSON object.</summary>
    public static JsonGrammar AnyObject { get; } = new(SchemaCompiler.CompileAnyObject());

    /// <summary>The automaton before the text.</summary>
    internal ParseStack Start { get; }

    /// <summary>The values of a JSON schema.</summary>
    /// <param name="schema">The schema (draft 2020-12).</param>
    /// <exception cref="JsonSchemaException">
    /// It is malformed, uses a keyword that is not supported, is too large, or allows no value; the message names the place.
    /// </exception>
    public static JsonGrammar FromSchema(JsonElement schema) => new(SchemaCompiler.Compile(schema));

    /// <summary>Makes the constraint of one request.</summary>
    /// <param name="vocabulary">The model's tokens.</param>
    public TokenConstraint CreateConstraint(TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return new GrammarConstraint(vocabulary, Start);
    }
}
