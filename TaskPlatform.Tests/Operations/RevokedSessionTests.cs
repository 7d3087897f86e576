using System.Net;
using TaskPlatform.Notifications;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>The console and the admin routes when tokens are revoked, and while the list of revoked tokens is unavailable.</summary>
[Collection(OperationsTests.Name)]
public sealed class RevokedSessionTests(OperationsFixture platform)
{
    private const string Password = "a-long-password";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signing_out_ends_copies_of_the_session_live_pages_and_other_tokens_of_the_operator()
    {
        var (otherAdmin, email) = await CreateAdminAsync();
        using var browser = new ConsoleClient(platform.Services.NotificationsAddress);
        using var signedIn = await browser.SignInAsync(email, Password);
        var copied = browser.CookieHeader;
        using var live = await SendAsync("/console/live/events", copied);
        using var page = await SendAsync("/console/jobs", copied);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (live.StatusCode, page.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await otherAdmin.GetAsync("/admin/streams")).Status);

        using var signedOut = await browser.PostAsync("/console/sign-out", ConsoleClient.FormTokenOf(await browser.PageAsync("/console/jobs")));

        Assert.Equal(HttpStatusCode.Redirect, signedOut.StatusCode);
        (await otherAdmin.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
        await BusView.Until(() => otherAdmin.GetAsync("/admin/streams"), answer => answer.Status == HttpStatusCode.Unauthorized);
        await BusView.Until(() => StatusAsync("/console/jobs", copied), status => status == HttpStatusCode.Redirect);
        await (await live.Content.ReadAsStreamAsync(Token)).CopyToAsync(Stream.Null, Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        otherAdmin.Dispose();
    }

    [Fact]
    public async Task While_Auth_is_unavailable_admin_routes_answer_503_other_routes_work_and_operators_can_sign_out()
    {
        var (otherAdmin, email) = await CreateAdminAsync();
        using var user = await platform.Services.RegisterAsync();
        var proxy = FaultProxy.To(platform.Services.AddressOf("auth").Port);
        await using var service = ServiceFactory<NotificationsService>.Start(new Dictionary<string, string>(platform.Services.Settings)
        {
            ["services:auth:http:0"] = $"http://127.0.0.1:{proxy.Port}",
            ["RevokedTokens:PollInterval"] = "00:00:00.2",
            ["RevokedTokens:MaxAge"] = "00:00:03",
        });
        using var admin = new ApiClient(service.Address, service.Address, service.Address) { Token = otherAdmin.Token };
        using var other = new ApiClient(service.Address, service.Address, service.Address) { Token = user.Token };
        using var browser = new ConsoleClient(service.Address);
        using var signedIn = await browser.SignInAsync(email, Password);
        var formToken = ConsoleClient.FormTokenOf(await browser.PageAsync("/console/jobs"));
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/admin/streams")).Status);

        await proxy.DisposeAsync();

        var closed = await BusView.Until(() => admin.GetAsync("/admin/streams"), answer => answer.Status != HttpStatusCode.OK);
        Assert.True(closed.AssertProblem(HttpStatusCode.ServiceUnavailable).Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Contains("revoked tokens", closed.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/notifications")).Status);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/notifications")).Status);
        (await other.GetAsync("/admin/streams")).AssertProblem(HttpStatusCode.Forbidden);

        using var page = await browser.GetAsync("/console/jobs");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Contains("The auth service is unavailable", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var signedOut = await browser.PostAsync("/console/sign-out", formToken);
        Assert.Equal("/console/sign-in", signedOut.Headers.Location?.ToString());
        Assert.False(browser.HasSession);
        var audit = (await otherAdmin.GetAsync("/admin/audit?limit=10")).Json.GetProperty("items").EnumerateArray();
        Assert.StartsWith(
            "Auth could not revoke the token",
            audit.First(action => action.GetProperty("action").GetString() == "SignOut").GetProperty("details").GetString(),
            StringComparison.Ordinal);
        otherAdmin.Dispose();
    }

    /// <summary>Creates an admin whose sessions other tests don't use.</summary>
    private async Task<(ApiClient Client, string Email)> CreateAdminAsync()
    {
        var email = RunningServices.NewEmail();
        var otherAdmin = platform.Services.Anonymous();
        await otherAdmin.RegisterAsync(email, Password, "Deputy");
        using var admin = await platform.Services.AdminAsync();
        await admin.PutAsync($"/api/users/{otherAdmin.UserId}", new { Role = "admin" });
        await otherAdmin.LoginAsync(email, Password);
        return (otherAdmin, email);
    }

    private async Task<HttpStatusCode> StatusAsync(string path, string cookies)
    {
        using var answer = await SendAsync(path, cookies);
        return answer.StatusCode;
    }

    // Sends a copy of the cookies, which no response changes. Waits only for the headers, because a live page doesn't end.
    private async Task<HttpResponseMessage> SendAsync(string path, string cookies)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(platform.Services.NotificationsAddress, path)) { Headers = { { "Cookie", cookies } } };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }
}
