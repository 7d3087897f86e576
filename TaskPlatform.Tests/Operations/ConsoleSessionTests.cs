using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Auth;
using TaskPlatform.Notifications;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>Where a console session is valid, and for how long.</summary>
[Collection(OperationsTests.Name)]
public sealed class ConsoleSessionTests(OperationsFixture platform, PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signing_out_ends_the_session()
    {
        using var browser = new ConsoleClient(platform.Services.NotificationsAddress);
        using var signedIn = await browser.SignInAsync();
        using var signedOut = await browser.PostAsync("/console/sign-out", ConsoleClient.FormTokenOf(await browser.PageAsync("/console/jobs")));
        using var after = await browser.GetAsync("/console/jobs");

        Assert.Equal("/console/sign-in", signedOut.Headers.Location!.ToString());
        Assert.False(browser.HasSession);
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    [Theory]
    [InlineData("/admin/dlq")]
    [InlineData("/api/notifications")]
    public async Task A_session_is_not_accepted_by_the_API(string path)
    {
        using var browser = new ConsoleClient(platform.Services.NotificationsAddress);
        using var signedIn = await browser.SignInAsync();
        using var answer = await SendAsync(path, "Cookie", browser.CookieHeader);

        Assert.True(browser.HasSession);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_bearer_token_is_not_accepted_by_the_console()
    {
        using var admin = await platform.Services.AdminAsync();
        using var answer = await SendAsync("/console/jobs", "Authorization", $"Bearer {admin.Token}");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Fact]
    public async Task Sessions_and_forms_survive_a_restart_and_are_valid_on_every_instance()
    {
        var id = await platform.AddDeadLetterAsync("nobody");
        var cookies = new CookieContainer();
        string formToken;
        await using (var first = ServiceFactory<NotificationsService>.Start(platform.Services.Settings))
        {
            using var before = new ConsoleClient(first.Address, cookies);
            using var signedIn = await before.SignInAsync();
            formToken = ConsoleClient.FormTokenOf(await before.PageAsync($"/console/dead-letters/{id}"));
        }

        await using var second = ServiceFactory<NotificationsService>.Start(platform.Services.Settings);
        using var after = new ConsoleClient(second.Address, cookies);
        using var elsewhere = after.At(platform.Services.NotificationsAddress);
        Assert.Contains(RunningServices.AdminEmail, await after.PageAsync("/console/jobs"), StringComparison.Ordinal);
        Assert.Contains(RunningServices.AdminEmail, await elsewhere.PageAsync("/console/jobs"), StringComparison.Ordinal);

        using var deleted = await after.PostAsync($"/console/dead-letters/{id}/delete", formToken);
        Assert.Equal(HttpStatusCode.Redirect, deleted.StatusCode);
        Assert.DoesNotContain(await platform.View.EntriesAsync("event_dlq"), deadLetter => deadLetter["id"] == id);
    }

    [Fact]
    public async Task Without_the_database_the_operator_stays_signed_in_and_sees_the_reason()
    {
        var id = await platform.AddDeadLetterAsync("nobody");
        var proxy = FaultProxy.To(postgres.Port);
        var settings = new Dictionary<string, string>(platform.Services.Settings);
        settings["ConnectionStrings:notifications-db"] = settings["ConnectionStrings:notifications-db"]
            .Replace($"Port={postgres.Port}", $"Port={proxy.Port}", StringComparison.Ordinal);
        await using var service = ServiceFactory<NotificationsService>.Start(settings);
        using var browser = new ConsoleClient(service.Address);
        using var signedIn = await browser.SignInAsync();

        await proxy.DisposeAsync();

        // Dead letters are in Redis; jobs, and the audit of all posts, are in the database.
        var formToken = ConsoleClient.FormTokenOf(await browser.PageAsync($"/console/dead-letters/{id}"));
        using var page = await browser.GetAsync("/console/jobs");
        using var post = await browser.PostAsync($"/console/dead-letters/{id}/delete", formToken);
        foreach (var answer in new[] { page, post })
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("The database is unavailable", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using var form = await browser.GetAsync("/console/sign-in");
        Assert.Equal(HttpStatusCode.OK, form.StatusCode);
    }

    [Fact]
    public async Task Failed_sign_ins_count_per_browser_address_and_cookies_are_secure_behind_a_TLS_proxy()
    {
        var settings = new Dictionary<string, string>(platform.Services.Settings)
        {
            ["RateLimits:Login"] = "2",
            ["Http:KnownProxies:0"] = "127.0.0.0/8",
            ["Http:KnownProxies:1"] = "::1",
        };
        await using var auth = ServiceFactory<AuthService>.Start(
            settings, service => service.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = 1000));
        settings["services:auth:http:0"] = auth.Address.ToString();
        await using var console = ServiceFactory<NotificationsService>.Start(settings);
        using var guesser = new ConsoleClient(console.Address).Behind("203.0.113.9");
        using var admin = new ConsoleClient(console.Address).Behind("198.51.100.7");

        for (var i = 0; i < 2; i++)
            (await guesser.SignInAsync(password: "not-the-password")).Dispose();
        using var refused = await guesser.SignInAsync();
        Assert.Contains("Too many attempts", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        var formToken = ConsoleClient.FormTokenOf(await admin.PageAsync("/console/sign-in"));
        using var signedIn = await admin.Behind("198.51.100.7", "https").PostAsync(
            "/console/sign-in", formToken, fields: [new("email", RunningServices.AdminEmail), new("password", RunningServices.AdminPassword)]);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        Assert.Contains("; secure", Assert.Single(signedIn.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    // Sends the cookie even where a browser wouldn't.
    private async Task<HttpResponseMessage> SendAsync(string path, string header, string value)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(platform.Services.NotificationsAddress, path)) { Headers = { { header, value } } };
        return await http.SendAsync(request, Token);
    }
}
