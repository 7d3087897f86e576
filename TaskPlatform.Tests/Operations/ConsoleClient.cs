using System.Net;
using System.Text.RegularExpressions;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>Acts like a browser in the console: keeps cookies, sends the origin of posts, and follows no redirects.</summary>
internal sealed partial class ConsoleClient : IDisposable
{
    public const string SessionCookie = "taskplatform-console";

    private readonly HttpClient http;
    private readonly CookieContainer cookies;

    public ConsoleClient(Uri address, CookieContainer? cookies = null)
    {
        this.cookies = cookies ?? new CookieContainer();
        http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = this.cookies }) { BaseAddress = address };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public bool HasSession => CookieHeader.Contains($"{SessionCookie}=", StringComparison.Ordinal);

    /// <summary>All cookies, as a request to the console sends them.</summary>
    public string CookieHeader => cookies.GetCookieHeader(new Uri(http.BaseAddress!, "/console"));

    public static string FormTokenOf(string page) => FormToken().Match(page).Groups[1].Value;

    /// <summary>The same browser at another address. As in a browser, a cookie belongs to a host, regardless of the port.</summary>
    public ConsoleClient At(Uri address) => new(address, cookies);

    /// <summary>The same browser behind a proxy, which forwards the client's address.</summary>
    public ConsoleClient Behind(string clientAddress, string scheme = "http")
    {
        http.DefaultRequestHeaders.Remove("X-Forwarded-For");
        http.DefaultRequestHeaders.Remove("X-Forwarded-Proto");
        http.DefaultRequestHeaders.Add("X-Forwarded-For", clientAddress);
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", scheme);
        return this;
    }

    public void Dispose() => http.Dispose();

    public Task<HttpResponseMessage> GetAsync(string path) => http.GetAsync(path, Token);

    public async Task<string> PageAsync(string path)
    {
        using var answer = await GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    /// <summary>Posts a form; an empty <paramref name="site"/> or token is omitted.</summary>
    public Task<HttpResponseMessage> PostAsync(
        string path, string token, string site = "same-origin", string? origin = null, params IEnumerable<KeyValuePair<string, string>> fields)
        => PostAsync(
            path, new FormUrlEncodedContent(token.Length == 0 ? fields : fields.Append(new("__RequestVerificationToken", token))), site, origin);

    /// <summary>Posts a body unchanged.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, HttpContent content, string site = "same-origin", string? origin = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (site.Length > 0)
            request.Headers.Add("Sec-Fetch-Site", site);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return http.SendAsync(request, Token);
    }

    public async Task<HttpResponseMessage> SignInAsync(
        string email = RunningServices.AdminEmail, string password = RunningServices.AdminPassword, string? back = null, string site = "same-origin")
    {
        var path = back is null ? "/console/sign-in" : $"/console/sign-in?back={Uri.EscapeDataString(back)}";
        var token = FormTokenOf(await PageAsync(path));
        return await PostAsync(path, token, site, origin: null, new("email", email), new("password", password));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
