using System.Text;
using NemotronH.Checkpoints;

namespace NemotronH.Tests.Checkpoints;

public sealed class JsonAppenderTests
{
    [Theory]
    [InlineData("{}", "{\n  \"new\": 1\n}\n")]
    [InlineData(" { \n } \n", " {\n  \"new\": 1\n}\n")]
    [InlineData("{\"a\": \"{\"}", "{\"a\": \"{\",\n  \"new\": 1\n}\n")]
    [InlineData("{\n  \"a\": {\"b\": [Infinity, 1e-05]}\r\n}\r\n", "{\n  \"a\": {\"b\": [Infinity, 1e-05]},\n  \"new\": 1\n}\n")]
    public void A_property_comes_last_and_nothing_else_changes(string json, string expected) =>
        Assert.Equal(expected, Append(json, "1"));

    [Fact]
    public void The_lines_of_a_value_are_indented_once_more() =>
        Assert.Equal("{\n  \"new\": {\n    \"a\": \"\\n\",\n    \"b\": []\n  }\n}\n", Append("{}", "{\n  \"a\": \"\\n\",\n  \"b\": []\n}"));

    private static string Append(string json, string value) =>
        Encoding.UTF8.GetString(JsonAppender.Append(Encoding.UTF8.GetBytes(json), "new", Encoding.UTF8.GetBytes(value)));
}
