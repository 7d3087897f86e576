using System.Net;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Operations;

/// <summary>The dashboard in a host that has nothing else of the platform: who may use it, the host decides.</summary>
public sealed class PlainHostTests(RedisServer redis, PostgresServer postgres)
{
    private readonly PlainHost.Operators operators = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_console_opens_to_whom_the_host_signs_in_and_closes_when_the_host_says_so()
    {
        await using var app = await StartAsync();
        using var browser = new ConsoleClient(new Uri(app.Urls.Single()));
        using var refused = await browser.SignInAsync(password: "wrong");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("The shop is closed.", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        using var accepted = await browser.SignInAsync("ann@shop.example", PlainHost.Operators.Password);
        Assert.Equal("/console", accepted.Headers.Location?.ToString());
        Assert.Contains("shop-operators=", browser.CookieHeader, StringComparison.Ordinal);
        var page = await browser.PageAsync("/console/jobs");
        Assert.Contains("<title>Jobs – Shop console</title>", page, StringComparison.Ordinal);
        Assert.Contains("ann@shop.example", page, StringComparison.Ordinal);

        operators.Status = SessionStatus.Unknown;
        using var closed = await browser.GetAsync("/console/jobs");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, closed.StatusCode);
        using var signedOut = await browser.PostAsync("/console/sign-out", ConsoleClient.FormTokenOf(page));
        Assert.Equal("/console/sign-in", signedOut.Headers.Location?.ToString());
        Assert.Equal("a token", operators.RevokedToken);

        operators.Status = SessionStatus.Valid;
        using var again = await browser.SignInAsync("ann@shop.example", PlainHost.Operators.Password);
        operators.Status = SessionStatus.Revoked;
        using var revoked = await browser.GetAsync("/console/jobs");
        Assert.Equal(HttpStatusCode.Redirect, revoked.StatusCode);
        Assert.StartsWith("/console/sign-in", revoked.Headers.Location?.OriginalString, StringComparison.Ordinal);
        Assert.DoesNotContain("shop-operators=", browser.CookieHeader, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_has_the_hosts_policy_and_records_whom_the_host_identifies()
    {
        await using var app = await StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var stranger = await http.DeleteAsync(new Uri("/admin/dlq/1-1", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);

        http.DefaultRequestHeaders.Add(PlainHost.OperatorHeader, "bob");
        using var deleted = await http.DeleteAsync(new Uri("/admin/dlq/1-1", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);

        var audit = JsonElement.Parse(await http.GetStringAsync(new Uri("/admin/audit", UriKind.Relative), Token));
        var action = Assert.Single(audit.GetProperty("items").EnumerateArray());
        Assert.Equal((42, "bob", "DeleteDeadLetter"),
            (action.GetProperty("user_id").GetInt64(), action.GetProperty("email").GetString(), action.GetProperty("action").GetString()));
    }

    [Theory]
    [InlineData("ApiPolicy")]
    [InlineData("IOperatorAuthenticator")]
    [InlineData("SnakeCaseLower")]
    [InlineData("FindEventLog")]
    public async Task What_the_host_lacks_is_named_at_the_start(string missing)
    {
        var builder = PlainHost.Build(
            "localhost:1", "Host=unused", "", missing == "IOperatorAuthenticator" ? null : operators,
            dashboard => dashboard.FindEventLog = missing == "FindEventLog" ? null : type => "shop", snakeCase: missing != "SnakeCaseLower");
        await using var app = builder.Build();

        var failure = Assert.ThrowsAny<Exception>(() =>
        {
            app.MapEventBusDashboard(dashboard => dashboard.ApiPolicy = missing == "ApiPolicy" ? null : PlainHost.Policy);
            app.Services.GetRequiredService<IStartupValidator>().Validate();
        });

        Assert.Contains(missing, failure.Message, StringComparison.Ordinal);
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = PlainHost.Build(redis.ConnectionString, await postgres.CreateDatabaseAsync(), RedisServer.NewKeyPrefix(), operators, dashboard =>
        {
            dashboard.ProductName = "Shop";
            dashboard.CookieName = "shop-operators";
            dashboard.FindEventLog = type => "shop";
            dashboard.IdentifyOperator = user => user.FindFirstValue(ClaimTypes.Name) is { } name
                ? new CurrentOperator(42, name)
                : CurrentOperator.FromClaims(user);
        });
        var app = builder.Build();
        await using (var scope = app.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<PlainHost.Db>().Database.EnsureCreatedAsync(Token);
        app.UseExceptionHandler();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapEventBusDashboard(dashboard => dashboard.ApiPolicy = PlainHost.Policy);
        await app.StartAsync(Token);
        return app;
    }
}
