namespace NemotronH.Text.Tokenization;

/// <summary>Token ids that the post-processor puts around a text.</summary>
/// <param name="Before">Ids before it: a beginning-of-text token, usually, or none.</param>
/// <param name="After">Ids after it.</param>
internal sealed record SpecialTokenTemplate(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Reads the <c>post_processor</c> section of a tokenizer.json.</summary>
    /// <exception cref="TokenizerException">It holds more than ByteLevel, which changes no ids, and one TemplateProcessing.</exception>
    public static SpecialTokenTemplate Read(JsonField root)
    {
        SpecialTokenTemplate? template = null;
        foreach (JsonField processor in root.Optional("post_processor")?.Components("processors") ?? [])
        {
            string type = processor.Type();
            if (type == "TemplateProcessing" && template is null)
            {
                template = ReadTemplate(processor);
            }
            else if (type != "ByteLevel")
            {
                throw processor.Required("type").Unexpected("ByteLevel or one TemplateProcessing");
            }
        }

        return template ?? new SpecialTokenTemplate([], []);
    }

    private static SpecialTokenTemplate ReadTemplate(JsonField processor)
    {
        List<int> before = [];
        List<int> after = [];
        JsonField single = processor.Required("single");
        bool textSeen = false;
        foreach (JsonField piece in single.Items())
        {
            if (piece.Optional("SpecialToken") is { } token)
            {
                (textSeen ? after : before).AddRange(ReadIds(processor, token.Required("id")));
            }
            else if (textSeen || piece.Required("Sequence").Required("id").AsString() != "A")
            {
                throw piece.Unexpected("a special token, or sequence A once");
            }
            else
            {
                textSeen = true;
            }
        }

        return textSeen ? new SpecialTokenTemplate(before, after) : throw single.Unexpected("a template with sequence A");
    }

    private static IEnumerable<int> ReadIds(JsonField processor, JsonField name) =>
        processor.Required("special_tokens").Required(name.AsString()).Required("ids").Items().Select(id => id.AsId());
}
