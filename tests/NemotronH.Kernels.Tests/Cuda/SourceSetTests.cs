using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class SourceSetTests
{
    public static TheoryData<string> Programs => [.. SourceSet.Embedded.Programs];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_kernel_file_finds_what_it_includes(string name) =>
        Assert.All(SourceSet.Embedded.Includes(name), included => Assert.EndsWith(".cuh", included));

    [Theory]
    [MemberData(nameof(Programs))]
    public void No_kernel_file_needs_a_toolkit_or_turns_fast_math_on(string name)
    {
        string text = string.Concat(SourceSet.Embedded.Includes(name).Append(name).Select(SourceSet.Embedded.Read));
        Assert.DoesNotContain("#include <", text);
        Assert.DoesNotContain(".ftz", text);
    }

    [Fact]
    public void Includes_are_followed_once_each_and_in_circles()
    {
        var sources = new SourceSet(new Dictionary<string, string>
        {
            ["main.cu"] = "#include \"b.cuh\"\n  # include \"a.cuh\"\n// #include \"no.cuh\"\n",
            ["a.cuh"] = "#ifndef A\n#define A\n#include \"b.cuh\"\n#endif\n",
            ["b.cuh"] = "#include \"a.cuh\"\n",
        });

        Assert.Equal(["a.cuh", "b.cuh"], sources.Includes("main.cu"));
        Assert.Empty(sources.With("alone.cu", "int x;").Includes("alone.cu"));
    }

    [Fact]
    public void An_included_file_that_does_not_exist_is_named_with_the_one_that_wants_it()
    {
        SourceSet sources = SourceSet.Embedded.With("main.cu", "#include \"commom.cuh\"\n");
        var exception = Assert.Throws<ArgumentException>(() => sources.Includes("main.cu"));
        Assert.Equal("main.cu includes commom.cuh, which does not exist.", exception.Message);
    }

    [Fact]
    public void A_file_that_does_not_exist_is_named_with_those_that_do()
    {
        var sources = new SourceSet(new Dictionary<string, string> { ["b.cu"] = "", ["a.cuh"] = "" });
        var exception = Assert.Throws<ArgumentException>(() => sources.Read("c.cu"));
        Assert.Equal("There is no CUDA source c.cu; there are a.cuh, b.cu.", exception.Message);
    }
}
