using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Auth;

namespace TaskPlatform.Tests.Services;

[Collection(ServicesTests.Name)]
public sealed class AccountTests(RunningServices services)
{
    private const string Password = "a-long-password";

    private static readonly string[] LookAlikes =
    [
        "an\u200Bn@example.org", "ann\u00AD@example.org", "\uFF41nn@example.org", "ann@ex\u0430mple.org", "ann@m\u00FCller.example", "ann@mu\u0308ller.example",
        "ann@example\u3002org", "\u202Eann@example.org", "ann@example.org.", "\"ann\"@example.org", "ann.@example.org", "a..nn@example.org", "ann@[127.0.0.1]",
        "ann@-example.org", "ann@example.org\n", "\u212Aim@example.org",
    ];

    [Fact]
    public async Task A_registered_user_can_sign_in_and_is_identified_by_the_token()
    {
        using var client = services.Anonymous();
        var email = RunningServices.NewEmail();

        var registered = await client.PostAsync("/api/auth/register/", new { Email = email, Password, FullName = "Ann" });
        Assert.Equal(HttpStatusCode.Created, registered.Status);
        Assert.Equal($"/api/users/{registered.Json.GetProperty("user_id").GetInt64()}", registered.Headers.Location?.ToString());
        Assert.DoesNotContain("password", registered.Text, StringComparison.OrdinalIgnoreCase);

        var login = await client.PostAsync("/api/auth/login", new { Email = email.ToUpperInvariant(), Password });
        Assert.Equal("Bearer", login.Json.GetProperty("token_type").GetString());
        Assert.Equal(3600, login.Json.GetProperty("expires_in").GetInt32());

        client.Token = login.Json.GetProperty("access_token").GetString();
        var me = (await client.GetAsync("/api/users/me")).Json;
        Assert.Equal((email, "Ann", "user"), (me.GetProperty("email").GetString(), me.GetProperty("full_name").GetString(), me.GetProperty("role").GetString()));

        var claims = JsonElement.Parse(Base64(client.Token!.Split('.')[1]));
        Assert.Equal(["aud", "email", "exp", "iat", "iss", "nbf", "role", "stamp", "sub"], claims.EnumerateObject().Select(claim => claim.Name).Order());
        Assert.Equal("ES256", JsonElement.Parse(Base64(client.Token.Split('.')[0])).GetProperty("alg").GetString());
    }

    [Fact]
    public async Task An_address_belongs_to_one_account_regardless_of_case()
    {
        using var client = services.Anonymous();
        var email = RunningServices.NewEmail();
        await client.RegisterAsync(email, Password, "Ann");

        var again = await client.PostAsync(
            "/api/auth/register", new { Email = email.ToUpperInvariant(), Password, FullName = "Another Ann" });

        again.AssertProblem(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_password_get_the_same_response()
    {
        using var known = await services.RegisterAsync();
        var email = (await known.GetAsync("/api/users/me")).Json.GetProperty("email").GetString();
        using var client = services.Anonymous();

        var wrong = await client.PostAsync("/api/auth/login", new { Email = email, Password = "not-the-password" });
        var unknown = await client.PostAsync("/api/auth/login", new { Email = RunningServices.NewEmail(), Password = "not-the-password" });

        wrong.AssertProblem(HttpStatusCode.Unauthorized);
        Assert.Equal(wrong.Json.GetProperty("detail").GetString(), unknown.AssertProblem(HttpStatusCode.Unauthorized).Json.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("""{"email":"ann","password":"a-long-password","full_name":"Ann"}""", "email")]
    [InlineData("""{"email":"Ann <ann@example.org>","password":"a-long-password","full_name":"Ann"}""", "email")]
    [InlineData("""{"email":"ann@example.org","password":"eleven-char","full_name":"Ann"}""", "password")]
    [InlineData("""{"email":"ann@example.org","password":"a-long-password"}""", "full_name")]
    [InlineData("""{"email":5,"password":"a-long-password","full_name":"Ann"}""", "email")]
    [InlineData("""{"email":"ann@example.org","password":"            ","full_name":"Ann"}""", "password")]
    [InlineData("""{"email":"ann@example.org","password":"P@ssw0rd1234","full_name":"Ann"}""", "password")]
    [InlineData("""{"email":"annabel.smith@example.org","password":"Annabel.Smith","full_name":"Ann"}""", "password")]
    [InlineData("""{"email":"ann@example.org","password":"ann@example.org","full_name":"Ann"}""", "password")]
    public async Task An_incomplete_registration_is_rejected_with_the_name_of_the_field(string body, string field)
    {
        using var client = services.Anonymous();

        var answer = await client.PostAsync("/api/auth/register", body);

        Assert.Equal([field], answer.AssertProblem(HttpStatusCode.BadRequest).Fields);
    }

    [Fact]
    public async Task An_address_that_looks_like_another_one_is_rejected_by_every_route()
    {
        using var ann = await services.RegisterAsync();

        foreach (var email in LookAlikes)
        {
            (await ann.PostAsync("/api/auth/register", new { Email = email, Password, FullName = "Ann" })).AssertProblem(HttpStatusCode.BadRequest);
            (await ann.PutAsync($"/api/users/{ann.UserId}", new { Email = email })).AssertProblem(HttpStatusCode.BadRequest);
            (await ann.PostAsync("/api/auth/login", new { Email = email, Password })).AssertProblem(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task A_changed_password_follows_the_same_rules()
    {
        using var ann = await services.RegisterAsync();
        var path = $"/api/users/{ann.UserId}";
        var email = (await ann.GetAsync(path)).Json.GetProperty("email").GetString()!;

        Assert.Equal(["password"], (await ann.PutAsync(path, new { Password = email.Split('@')[0], CurrentPassword = "a-long-password" })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(["password"], (await ann.PutAsync(path, new { Password = "qwertyuiop12", CurrentPassword = "a-long-password" })).AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(HttpStatusCode.OK, (await ann.PutAsync(path, new { Password = "another-password", CurrentPassword = "a-long-password" })).Status);
        await ann.LoginAsync(email, "another-password");
    }

    [Fact]
    public async Task Users_can_change_their_own_account_but_not_their_role_or_other_accounts()
    {
        using var ann = await services.RegisterAsync();
        using var bob = await services.RegisterAsync();
        var path = $"/api/users/{ann.UserId}";

        (await bob.GetAsync(path)).AssertProblem(HttpStatusCode.Forbidden);
        (await bob.PutAsync(path, new { FullName = "Bob's" })).AssertProblem(HttpStatusCode.Forbidden);
        (await bob.DeleteAsync(path)).AssertProblem(HttpStatusCode.Forbidden);
        (await ann.PutAsync(path, new { Role = "admin" })).AssertProblem(HttpStatusCode.Forbidden);
        (await ann.GetAsync("/api/users")).AssertProblem(HttpStatusCode.Forbidden);

        var renamed = await ann.PutAsync(path, new { FullName = "Ann Other", Role = "user" });
        Assert.Equal(("Ann Other", 2), (renamed.Json.GetProperty("full_name").GetString(), renamed.Json.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task An_admin_can_list_all_users_page_by_page()
    {
        using var ann = await services.RegisterAsync();
        using var bob = await services.RegisterAsync();
        using var admin = await services.AdminAsync();

        var first = (await admin.GetAsync("/api/users?limit=1")).Json;
        Assert.True(first.GetProperty("items")[0].GetProperty("user_id").GetInt64() >= bob.UserId);

        List<long> all = [];
        for (long? after = long.MaxValue; after is not null;)
        {
            var page = (await admin.GetAsync($"/api/users?limit=2&after={after}")).Json;
            all.AddRange(page.GetProperty("items").EnumerateArray().Select(user => user.GetProperty("user_id").GetInt64()));
            after = page.GetProperty("next").ValueKind == JsonValueKind.Null ? null : page.GetProperty("next").GetInt64();
        }

        Assert.Equal(all.OrderDescending().Distinct(), all);
        Assert.Superset(new HashSet<long> { ann.UserId, bob.UserId, admin.UserId }, all.ToHashSet());
    }

    [Fact]
    public async Task Too_many_attempts_are_answered_with_429_and_Retry_After()
    {
        var settings = new Dictionary<string, string>(services.Settings) { ["RateLimits:Login"] = "2" };
        await using var auth = ServiceFactory<AuthService>.Start(settings);
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);

        var answers = new List<Answer>();
        for (var i = 0; i < 3; i++)
            answers.Add(await client.PostAsync("/api/auth/login", new { Email = "nobody@example.org", Password }));

        Assert.Equal(HttpStatusCode.Unauthorized, answers[1].Status);
        Assert.InRange(answers[2].AssertProblem(HttpStatusCode.TooManyRequests).Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task Only_a_known_proxy_determines_the_client_address()
    {
        var settings = new Dictionary<string, string>(services.Settings) { ["RateLimits:Login"] = "2" };
        using var owner = await services.RegisterAsync();
        var email = (await owner.GetAsync("/api/users/me")).Json.GetProperty("email").GetString()!;

        await using (var direct = Start(settings))
        {
            using var client = new ApiClient(direct.Address, direct.Address, direct.Address);
            Assert.Equal([401, 401, 429], await LoginsAsync(client, email, "not-the-password", "203.0.113.1", "203.0.113.2", "203.0.113.3"));
        }

        settings["Http:KnownProxies:0"] = "127.0.0.1";
        settings["Http:KnownProxies:1"] = "::1";
        await using var behindProxy = Start(settings);
        using var forwarded = new ApiClient(behindProxy.Address, behindProxy.Address, behindProxy.Address);
        Assert.Equal([200], await LoginsAsync(forwarded, email, Password, "203.0.113.1"));
        Assert.Equal([401, 401, 429], await LoginsAsync(forwarded, email, "not-the-password", "2001:db8::1", "2001:db8::2", "2001:db8::3"));
        Assert.Equal([401, 429, 429], await LoginsAsync(forwarded, email, "not-the-password", [.. Enumerable.Repeat("203.0.113.1", 3)]));

        // A known source, from which only wrong passwords are delayed; the client itself claimed 203.0.113.2, before the address that the proxy added.
        Assert.Equal([200], await LoginsAsync(forwarded, email, Password, "203.0.113.2, 203.0.113.1"));
    }

    [Fact]
    public async Task Passwords_beyond_the_hashing_limit_are_answered_immediately_and_other_requests_are_not_delayed()
    {
        var settings = new Dictionary<string, string>(services.Settings) { ["PasswordHashing:MaxConcurrency"] = "1", ["PasswordHashing:QueueLimit"] = "1" };
        await using var auth = Start(settings, iterations: 600_000);
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);

        var logins = Enumerable.Range(0, 12).Select(i => client.PostAsync("/api/auth/login", new { Email = $"{i}@example.org", Password })).ToList();
        await Task.WhenAny(logins);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).Status);
        Assert.Contains(logins, login => !login.IsCompleted);

        var answers = await Task.WhenAll(logins);
        Assert.InRange(answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized), 2, answers.Length - 1);
        Assert.All(
            answers.Where(answer => answer.Status != HttpStatusCode.Unauthorized),
            answer => Assert.Equal(TimeSpan.FromSeconds(2), answer.AssertProblem(HttpStatusCode.ServiceUnavailable).Headers.RetryAfter!.Delta));
    }

    private static ServiceFactory<AuthService> Start(IReadOnlyDictionary<string, string> settings, int iterations = 1000)
        => ServiceFactory<AuthService>.Start(settings, service => service.PostConfigure<PasswordHasherOptions>(options => options.IterationCount = iterations));

    private static async Task<List<int>> LoginsAsync(ApiClient client, string email, string password, params string[] addresses)
    {
        List<int> answers = [];
        foreach (var address in addresses)
            answers.Add((int)(await client.PostAsync("/api/auth/login", new { Email = email, Password = password }, ("X-Forwarded-For", address))).Status);
        return answers;
    }

    private static string Base64(string text) => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(text));
}
