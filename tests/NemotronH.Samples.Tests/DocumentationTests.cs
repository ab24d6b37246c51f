using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace NemotronH.Samples.Tests;

/// <summary>Each block of C# in the documentation is a program of its own, as <c>dotnet new console</c> makes them.</summary>
public sealed partial class DocumentationTests
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    [Fact]
    public void Every_block_of_code_compiles()
    {
        string[] pages = [Path.Join(Repository.Root, "README.md"), .. Directory.GetFiles(Path.Join(Repository.Root, "docs"), "*.md")];
        var blocks = pages
            .SelectMany(page => CodeBlock().Matches(File.ReadAllText(page)).Select(match => (Page: page, Code: match.Groups[1].Value)))
            .ToList();

        Assert.InRange(blocks.Count, 6, 100);
        string[] errors = [.. blocks.SelectMany(block => Errors(block.Code).Select(error => $"{Path.GetFileName(block.Page)}: {error}"))];
        Assert.True(errors.Length == 0, string.Join('\n', errors));
    }

    private static IEnumerable<string> Errors(string code)
    {
        string[] assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "block",
            [.. new[] { ImplicitUsings, code }.Select(text => CSharpSyntaxTree.ParseText(text, new(LanguageVersion.Preview)))],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString());
    }

    [GeneratedRegex("^```csharp\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
