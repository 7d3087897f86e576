using TaskPlatform.EventBus.Dashboard.Console;

namespace TaskPlatform.Tests.Operations;

/// <summary>Whatever a link contains, the browser stays in the console after the sign-in.</summary>
public sealed class ReturnAddressTests
{
    [Theory]
    [InlineData("/console", "/console")]
    [InlineData("/console/", "/console")]
    [InlineData("/console?range=7d", "/console?range=7d")]
    [InlineData("/console/jobs?after=1&x=%2F..%2f#top", "/console/jobs?after=1&x=%2F..%2f")]
    [InlineData("/console/./streams//task.created", "/console/streams/task.created")]
    [InlineData("/console/a/../jobs", "/console/jobs")]
    [InlineData("/x/../console/jobs", "/console/jobs")]
    [InlineData("/%63onsole/jobs", "/console/jobs")]
    [InlineData("/console/\u00e9\ud83d\ude42", "/console/%C3%A9%F0%9F%99%82")]
    [InlineData("/console/a b?q=\u00e9 \t", "/console/a%20b?q=%C3%A9%20%09")]
    [InlineData("/console/?q=\ufffd\u0007", "/console?q=%EF%BF%BD%07")]
    [InlineData("/console/?back=../../x", "/console?back=../../x")]
    public void The_address_of_a_console_page_is_normalized(string address, string expected)
        => Assert.Equal(expected, ReturnAddress.Of(address));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("console")]
    [InlineData("/")]
    [InlineData("/consolation")]
    [InlineData("/Console")]
    [InlineData("https://evil.example/console")]
    [InlineData("//evil.example/console")]
    [InlineData("//console/jobs")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/%2f/console")]
    [InlineData("/console/..")]
    [InlineData("/console/../../x")]
    [InlineData("/console/%2e%2e/admin")]
    [InlineData("/console/.%2E/admin")]
    [InlineData("/console%2f..%2fadmin")]
    [InlineData("/console\\..\\admin")]
    [InlineData("/console/%5c..%5c..%5cadmin")]
    [InlineData("/console/%252e%252e/admin")]
    [InlineData("/console/.\t./admin")]
    [InlineData("/console/%09../admin")]
    [InlineData("/console/%0d%0aset-cookie:x")]
    [InlineData("/console\0")]
    [InlineData("/console/%00")]
    [InlineData("#/console")]
    [InlineData("?/console")]
    public void Any_other_address_is_rejected(string? address) => Assert.Null(ReturnAddress.Of(address));
}
