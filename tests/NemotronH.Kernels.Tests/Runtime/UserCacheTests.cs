using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class UserCacheTests
{
    [Theory]
    [InlineData("/var/cache/me", "/home/me", "/var/cache/me/nemotronh")]
    [InlineData(null, "/home/me", "/home/me/.cache/nemotronh")]
    [InlineData("", "/home/me", "/home/me/.cache/nemotronh")]
    [InlineData("relative/path", "/home/me", "/home/me/.cache/nemotronh")]
    public void The_XDG_rule_chooses_the_directory(string? cacheHome, string home, string expected) =>
        Assert.Equal(expected, UserCache.UnixRoot(cacheHome, home));

    [Fact]
    public void A_user_without_a_home_is_told_of_the_variable()
    {
        var exception = Assert.Throws<NativeLibraryException>(() => UserCache.UnixRoot(cacheHome: null, home: ""));
        Assert.Contains("set XDG_CACHE_HOME", exception.Message, StringComparison.Ordinal);
    }
}
