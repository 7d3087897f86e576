using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Dashboard;

namespace TaskPlatform.Tests.Services;

/// <summary>The API explorer.</summary>
[Collection(ServicesTests.Name)]
public sealed partial class ApiPageTests(RunningServices services, Chromium chromium)
{
    [Theory]
    [InlineData("auth")]
    [InlineData("tasks")]
    [InlineData("notifications")]
    public async Task It_is_served_in_development_from_its_own_host(string service)
    {
        using var http = new HttpClient { BaseAddress = services.AddressOf(service) };

        var page = await http.GetStringAsync(new Uri("/scalar", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?://", page);
        var scripts = Script().Matches(page).Select(match => match.Groups["address"].Value).ToList();
        Assert.NotEmpty(scripts);
        foreach (var script in scripts)
        {
            var answer = await http.GetAsync(new Uri(http.BaseAddress, $"/scalar/{script}"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_browser_displays_the_operations_and_calls_no_other_host()
    {
        var page = await chromium.NewPageAsync();
        var requests = new ConcurrentBag<Uri>();
        page.Request += (_, request) => requests.Add(new Uri(request.Url));

        await page.GotoAsync(new Uri(services.AddressOf("notifications"), "/scalar#tag/dead-letters").ToString());

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Dead letters", Exact = true })).ToBeInViewportAsync(new() { Timeout = 20_000 });
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        Assert.Equal([services.AddressOf("notifications").Authority], requests.Where(uri => uri.Scheme.StartsWith("http", StringComparison.Ordinal)).Select(uri => uri.Authority).Distinct());
    }

    [Fact]
    public async Task It_is_not_served_in_production()
    {
        await using var tasks = ServiceFactory<TasksService>.Start(new Dictionary<string, string>(services.Settings) { ["environment"] = "Production" });
        using var http = new HttpClient { BaseAddress = tasks.Address };

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("/scalar", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
    }

    [GeneratedRegex("""(?:src="|from ')(?<address>[^"']+)""")]
    private static partial Regex Script();
}
