using FsCheck;
using FsCheck.Fluent;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class CommandLineFuzzTests
{
    private static readonly string[] Words =
    [
        "generate", "chat", "logits", "tokenize", "inspect", "pull", "--prompt-ids", "--ids", "--out", "--file", "--max-tokens", "--temperature", "--top-k", "--seed",
        "--stop", "--ignore-eos", "--device", "--dtype", "--json", "--verbose", "--no-special", "--max-context", "--decode-from", "--", "-", "--x", "-y",
        "", " ", "1", "-1", "1,2", "1,,2", "9999999999999999999999", "0.5", "NaN", "cpu", "cuda:7", "float32", "@f", "[x]", "/h", "a\nb", "\uD83D", "--json=1",
    ];

    [Fact]
    public void Any_words_end_with_one_line_and_an_exit_code_and_never_with_a_defect()
    {
        // No word names a model, so nothing that is understood can succeed.
        Gen<string[]> lines = Gen.Elements(Words).ArrayOf().Select(words => (string[])[.. words, "--model", "no-such-model"]);
        Prop.ForAll(lines.ToArbitrary(), arguments =>
        {
            CommandResult result = CommandLine.RunAsync(arguments, stdin: "text").GetAwaiter().GetResult();
            Assert.InRange(result.ExitCode, 1, 2);
            Assert.Equal("", result.Output);
            Assert.StartsWith("error: ", result.Error);
            Assert.DoesNotContain("defect", result.Error);
            Assert.True(arguments.Contains("--verbose") || result.Error.IndexOf('\n') == result.Error.Length - 1, result.Error);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
