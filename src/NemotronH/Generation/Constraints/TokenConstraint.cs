namespace NemotronH.Generation;

/// <summary>Restricts the tokens of one generation, such as to those that keep its text valid JSON.</summary>
/// <remarks>One object serves one request; the engine calls it on its own thread.</remarks>
public abstract class TokenConstraint
{
    /// <summary>Whether the text is whole: nothing may follow, and the generation ends.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>Rules out the tokens that may not come next, by setting their logits to negative infinity.</summary>
    /// <param name="logits">[V]; changed in place.</param>
    public abstract void Apply(Span<float> logits);

    /// <summary>Takes the token that was chosen.</summary>
    /// <param name="token">Its id.</param>
    public abstract void Accept(int token);
}
