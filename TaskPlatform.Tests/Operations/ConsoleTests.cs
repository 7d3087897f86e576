using System.Net;
using System.Text.RegularExpressions;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>The console as a browser speaks to it: who gets in, what may be posted, and what a payload can't do.</summary>
[Collection(OperationsTests.Name)]
public sealed partial class ConsoleTests(Operated platform) : IDisposable
{
    private readonly HttpClient browser = new(new HttpClientHandler { AllowAutoRedirect = false })
    {
        BaseAddress = platform.Services.NotificationsAddress,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => browser.Dispose();

    [Theory]
    [InlineData("/console")]
    [InlineData("/console/dead-letters?type=task.created")]
    [InlineData("/console/live/events")]
    public async Task Who_is_not_signed_in_is_asked_to(string path)
    {
        using var answer = await browser.GetAsync(path, Token);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/console/sign-in?back={Uri.EscapeDataString(path)}", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Only_admins_are_signed_in_and_only_with_the_right_password()
    {
        var email = RunningServices.NewEmail();
        using var user = platform.Services.Anonymous();
        await user.RegisterAsync(email, "a-long-password", "Nobody");

        using var wrong = await SignInAsync(RunningServices.AdminEmail, "not-the-password");
        using var noAdmin = await SignInAsync(email, "a-long-password");
        using var foreign = await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword, site: "cross-site");

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.BadRequest],
            [wrong.StatusCode, noAdmin.StatusCode, foreign.StatusCode]);
        Assert.All([wrong, noAdmin, foreign], answer => Assert.False(answer.Headers.Contains("Set-Cookie")));
    }

    [Theory]
    [InlineData("/console/jobs", "/console/jobs")]
    [InlineData("//evil.example", "/console")]
    [InlineData("https://evil.example", "/console")]
    [InlineData("/console/../admin", "/console/../admin")]
    [InlineData("/consolation", "/console")]
    public async Task After_signing_in_one_goes_nowhere_else(string back, string expected)
    {
        using var answer = await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword, back: back);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(expected, answer.Headers.Location!.ToString());
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/console", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_cookie_opens_the_console_alone()
    {
        var cookie = await CookieAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/dlq") { Headers = { { "Cookie", cookie } } };
        using var answer = await browser.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_post_from_elsewhere_or_without_the_forms_token_does_nothing()
    {
        var cookie = await CookieAsync();
        var id = await platform.AddLetterAsync("nobody");
        var page = await GetAsync($"/console/dead-letters/{id}", cookie);
        var token = FormToken().Match(page).Groups[1].Value;

        foreach (var (site, origin, formToken, expected) in new[]
        {
            ("cross-site", null, token, HttpStatusCode.BadRequest),
            ("same-site", null, token, HttpStatusCode.BadRequest),
            ("", "https://evil.example", token, HttpStatusCode.BadRequest),
            ("", null, token, HttpStatusCode.BadRequest),
            ("same-origin", null, "", HttpStatusCode.BadRequest),
            ("same-origin", null, "made-up", HttpStatusCode.BadRequest),
            ("", browser.BaseAddress!.GetLeftPart(UriPartial.Authority), token, HttpStatusCode.Redirect),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/console/dead-letters/{id}/delete")
            {
                Headers = { { "Cookie", cookie } },
                Content = new FormUrlEncodedContent([new("form_token", formToken)]),
            };
            if (site.Length > 0)
                request.Headers.Add("Sec-Fetch-Site", site);
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var answer = await browser.SendAsync(request, Token);
            Assert.Equal(expected, answer.StatusCode);
        }

        Assert.DoesNotContain(await platform.View.EntriesAsync("event_dlq"), letter => letter["id"] == id);
    }

    [Fact]
    public async Task Whatever_a_letter_says_stays_text()
    {
        const string script = "<script>alert('x')</script>";
        const string attribute = "\" onmouseover=\"alert(1)";
        var cookie = await CookieAsync();
        var id = await platform.AddLetterAsync(
            "group" + attribute, data: $$"""{"title":"{{script}}"}""", exception: script, error: script + attribute);
        await platform.View.AddAsync("event_dlq", script, script, "type", script, "group", script, "traceparent", script);

        foreach (var path in new[] { "/console", "/console/dead-letters", $"/console/dead-letters/{id}", $"/console/dead-letters?group={Uri.EscapeDataString(attribute)}" })
        {
            var page = await GetAsync(path, cookie);
            Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
            Assert.DoesNotContain(attribute, page, StringComparison.Ordinal);
        }

        Assert.Contains("&lt;script&gt;alert", await GetAsync($"/console/dead-letters/{id}", cookie), StringComparison.Ordinal);
        await platform.View.Redis.KeyDeleteAsync($"{platform.View.Prefix}event_dlq");
    }

    [Theory]
    [InlineData("/console")]
    [InlineData("/console?range=7d")]
    [InlineData("/console/dead-letters?type=&group=&reason=&exception=")]
    [InlineData("/console/dead-letters/purge")]
    [InlineData("/console/live?type=task.created&aggregate=1")]
    [InlineData("/console/jobs")]
    [InlineData("/console/audit")]
    [InlineData("/console/sign-in")]
    public async Task Every_page_allows_nothing_but_its_own_files(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", await CookieAsync() } } };
        using var answer = await browser.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'self'; script-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var page = await answer.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain("style=\"", page, StringComparison.Ordinal);

        // A link to the dashboard may lead elsewhere; nothing may be loaded from there.
        Assert.DoesNotMatch("src=\"https?://|<link[^>]*href=\"https?://", page);
    }

    private Task<HttpResponseMessage> SignInAsync(string email, string password, string site = "same-origin", string? back = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, back is null ? "/console/sign-in" : $"/console/sign-in?back={Uri.EscapeDataString(back)}")
        {
            Headers = { { "Sec-Fetch-Site", site } },
            Content = new FormUrlEncodedContent([new("email", email), new("password", password)]),
        };
        return browser.SendAsync(request, Token);
    }

    private async Task<string> CookieAsync()
    {
        using var answer = await SignInAsync(RunningServices.AdminEmail, RunningServices.AdminPassword);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private async Task<string> GetAsync(string path, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } };
        using var answer = await browser.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
