using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>The console as a browser uses it: access, accepted posts, and the display of untrusted payloads.</summary>
[Collection(OperationsTests.Name)]
public sealed class ConsoleTests(OperationsFixture platform) : IDisposable
{
    private readonly ConsoleClient browser = new(platform.Services.NotificationsAddress);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => browser.Dispose();

    [Theory]
    [InlineData("/console")]
    [InlineData("/console/dead-letters?type=task.created")]
    [InlineData("/console/live/events")]
    public async Task Anonymous_users_are_redirected_to_the_sign_in_page(string path)
    {
        using var answer = await browser.GetAsync(path);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/console/sign-in?back={Uri.EscapeDataString(path)}", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Only_admins_can_sign_in_and_only_with_the_right_password()
    {
        var email = RunningServices.NewEmail();
        using var user = platform.Services.Anonymous();
        await user.RegisterAsync(email, "a-long-password", "Nobody");

        using var wrong = await browser.SignInAsync(password: "not-the-password");
        using var noAdmin = await browser.SignInAsync(email, "a-long-password");
        using var foreign = await browser.SignInAsync(site: "cross-site");
        using var tokenless = await browser.PostAsync("/console/sign-in", token: "", fields:
            [new("email", RunningServices.AdminEmail), new("password", RunningServices.AdminPassword)]);

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest],
            [wrong.StatusCode, noAdmin.StatusCode, foreign.StatusCode, tokenless.StatusCode]);
        Assert.All([wrong, noAdmin, foreign, tokenless], answer => Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType));
        Assert.False(browser.HasSession);
    }

    [Theory]
    [InlineData("/console/jobs", "/console/jobs")]
    [InlineData("//evil.example", "/console")]
    [InlineData("https://evil.example", "/console")]
    [InlineData("/console/../admin", "/console")]
    [InlineData("/console/\u00e9?type=\u00e9", "/console/%C3%A9?type=%C3%A9")]
    [InlineData("/consolation", "/console")]
    public async Task The_sign_in_redirects_only_to_the_console(string back, string expected)
    {
        using var answer = await browser.SignInAsync(back: back);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(expected, answer.Headers.Location!.ToString());
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/console", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase); // The test speaks plain HTTP.
        var expiry = DateTimeOffset.Parse(Regex.Match(cookie, "expires=([^;]+)").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(expiry - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(60)); // The lifetime of a token.
    }

    [Fact]
    public async Task A_post_from_another_site_or_without_the_form_token_is_rejected()
    {
        using var signedIn = await browser.SignInAsync();
        var id = await platform.AddDeadLetterAsync("nobody");
        var token = ConsoleClient.FormTokenOf(await browser.PageAsync($"/console/dead-letters/{id}"));
        using var anonymous = new ConsoleClient(platform.Services.NotificationsAddress);
        var foreignToken = ConsoleClient.FormTokenOf(await anonymous.PageAsync("/console/sign-in"));

        foreach (var (site, origin, formToken, expected) in new[]
        {
            ("cross-site", null, token, HttpStatusCode.BadRequest),
            ("same-site", null, token, HttpStatusCode.BadRequest),
            ("", "https://evil.example", token, HttpStatusCode.BadRequest),
            ("", null, token, HttpStatusCode.BadRequest),
            ("same-origin", null, "", HttpStatusCode.BadRequest),
            ("same-origin", null, "made-up", HttpStatusCode.BadRequest),
            ("same-origin", null, foreignToken, HttpStatusCode.BadRequest),
            ("", platform.Services.NotificationsAddress.GetLeftPart(UriPartial.Authority), token, HttpStatusCode.Redirect),
        })
        {
            using var answer = await browser.PostAsync($"/console/dead-letters/{id}/delete", formToken, site, origin);
            Assert.Equal(expected, answer.StatusCode);
            if (expected == HttpStatusCode.BadRequest)
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        }

        Assert.DoesNotContain(await platform.View.EntriesAsync("event_dlq"), deadLetter => deadLetter["id"] == id);
    }

    [Fact]
    public async Task An_unreadable_form_is_rejected()
    {
        using var signedIn = await browser.SignInAsync();
        var token = ConsoleClient.FormTokenOf(await browser.PageAsync("/console/sign-in"));
        const string form = "application/x-www-form-urlencoded";

        foreach (var path in new[] { "/console/sign-in", "/console/dead-letters/1-1/delete", "/console/sign-out" })
        {
            foreach (var (type, body, expected) in new[]
            {
                ($"{form}; charset=foo", "email=a", HttpStatusCode.UnsupportedMediaType),
                ($"{form}; charset=utf-7", "email=a", HttpStatusCode.UnsupportedMediaType),
                ("multipart/form-data", "email=a", HttpStatusCode.UnsupportedMediaType),
                ("multipart/form-data; boundary=b", "--b\r\nx", HttpStatusCode.UnsupportedMediaType),
                ("application/json", "{}", HttpStatusCode.UnsupportedMediaType),
                (form, string.Join('&', Enumerable.Range(0, 1_100)), HttpStatusCode.BadRequest),
                (form, $"{new string('k', 5_000)}=x", HttpStatusCode.BadRequest),
                (form, "email=%00", HttpStatusCode.BadRequest),
                (form, "%00=x", HttpStatusCode.BadRequest),
                (form, new string('x', 64 * 1024), HttpStatusCode.RequestEntityTooLarge),
            })
            {
                using var content = new ByteArrayContent(Encoding.ASCII.GetBytes($"__RequestVerificationToken={Uri.EscapeDataString(token)}&{body}"));
                Assert.True(content.Headers.TryAddWithoutValidation("Content-Type", type));
                using var answer = await browser.PostAsync(path, content);
                Assert.Equal(expected, answer.StatusCode);
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            }
        }
    }

    [Fact]
    public async Task The_content_of_a_dead_letter_is_displayed_as_text()
    {
        const string script = "<script>alert('x')</script>";
        const string attribute = "\" onmouseover=\"alert(1)";
        using var signedIn = await browser.SignInAsync();
        var id = await platform.AddDeadLetterAsync(
            "group" + attribute, data: $$"""{"title":"{{script}}"}""", exception: script, error: script + attribute);
        await platform.View.AddAsync("event_dlq", script, script, "type", script, "group", script, "traceparent", script);

        foreach (var path in new[] { "/console", "/console/dead-letters", $"/console/dead-letters/{id}", $"/console/dead-letters?group={Uri.EscapeDataString(attribute)}" })
        {
            var page = await browser.PageAsync(path);
            Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
            Assert.DoesNotContain(attribute, page, StringComparison.Ordinal);
        }

        Assert.Contains("&lt;script&gt;alert", await browser.PageAsync($"/console/dead-letters/{id}"), StringComparison.Ordinal);
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
    public async Task Every_page_allows_only_its_own_files(string path)
    {
        using var signedIn = await browser.SignInAsync();
        using var answer = await browser.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        AssertStrict(answer);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var page = await answer.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain("style=\"", page, StringComparison.Ordinal);

        // Links may lead to the dashboard, but no resource may be loaded from it.
        Assert.DoesNotMatch("src=\"https?://|<link[^>]*href=\"https?://", page);
    }

    [Fact]
    public async Task Style_script_and_icon_have_addresses_that_change_with_their_content()
    {
        var page = await browser.PageAsync("/console/sign-in");
        var files = Regex.Matches(page, "(?:href|src)=\"(/console/assets/[^\"]+)\"").Select(match => match.Groups[1].Value).ToList();

        Assert.Collection(
            files,
            icon => Assert.Matches("^/console/assets/icon\\.[a-z0-9]+\\.svg$", icon),
            style => Assert.Matches("^/console/assets/console\\.[a-z0-9]+\\.css$", style),
            script => Assert.Matches("^/console/assets/console\\.[a-z0-9]+\\.js$", script));
        foreach (var file in files)
        {
            using var answer = await browser.GetAsync(file);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync(Token));
            Assert.NotNull(answer.Headers.ETag);
            AssertStrict(answer);
        }
    }

    private static void AssertStrict(HttpResponseMessage answer)
    {
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; style-src 'self'; script-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }
}
