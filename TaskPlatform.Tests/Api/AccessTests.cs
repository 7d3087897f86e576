using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Auth.Keys;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>Every route is accessible to the callers in the table, and to no others.</summary>
[Collection(ServicesTests.Name)]
public sealed partial class AccessTests(RunningServices services)
{
    private const string AdminArea = "/admin/";
    private const string Console = "/console";

    // The sign-in page with its assets, and the API explorer, which is served in development.
    private static readonly string[] OpenPages = ["/console/sign-in", "/console/assets/", "/scalar"];

    private static readonly string[] Names = ["auth", "tasks", "notifications"];

    public static TheoryData<Access> Table => [.. Access.Table];

    [Fact]
    public void The_table_contains_every_route()
    {
        var routes = Names.SelectMany(service => RoutesOf(service).Where(route => !IsAdminsOnly(route) && !IsOpenPage(route))
            .Select(route => $"{service} {route.Method} {Shape(route.Path)}"));

        Assert.Equal(
            routes.Distinct().Order(StringComparer.Ordinal),
            Access.Table.Select(access => $"{access.Service} {access.Method} {Shape(access.Path)}").Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Each_caller_gets_the_status_in_the_table(Access access)
    {
        using var admin = await services.AdminAsync();
        foreach (var (who, expected) in new[] { ("other", access.Other), ("worker", access.Worker), ("creator", access.Creator), ("admin", access.Admin) })
        {
            // A new scene for each caller, because some routes delete the task or the user.
            using var scene = await Scene.CreateAsync(services);
            var caller = who switch { "other" => scene.Other, "worker" => scene.Worker, "creator" => scene.Creator, _ => admin };
            await AssertAsync(access, scene, who, caller.Token, expected);
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_bad_token_is_treated_like_a_missing_one(Access access)
    {
        using var scene = await Scene.CreateAsync(services);
        await AssertAsync(access, scene, "anonymous", token: null, access.Anonymous);
        foreach (var (wrong, token) in await BadTokensAsync(scene.Creator))
            await AssertAsync(access, scene, wrong, token, access.Anonymous);
    }

    [Fact]
    public async Task The_admin_API_is_accessible_to_admins_only()
    {
        using var scene = await Scene.CreateAsync(services);
        using var admin = await services.AdminAsync();
        var bad = await BadTokensAsync(scene.Creator);
        foreach (var (service, method, path) in Names.SelectMany(service => RoutesOf(service).Where(IsAdminApi).Select(route => (service, route.Method, route.Path))))
        {
            var access = new Access(service, method, Filled(path), "{}", 401, 403, 403, 403, 200);
            await AssertAsync(access, scene, "anonymous", token: null, access.Anonymous);
            foreach (var (wrong, token) in bad)
                await AssertAsync(access, scene, wrong, token, access.Anonymous);
            foreach (var caller in new[] { scene.Other, scene.Worker, scene.Creator })
                await AssertAsync(access, scene, "user", caller.Token, access.Other);
            if (method == "GET")
                Assert.NotInRange((int)(await StatusAsync(access, scene, admin.Token)).Status, 401, 403);
        }
    }

    [Fact]
    public async Task The_console_is_accessible_to_admins_only()
    {
        using var scene = await Scene.CreateAsync(services);
        foreach (var (method, path) in RoutesOf("notifications").Where(route => IsAdminsOnly(route) && route.Path.StartsWith(Console, StringComparison.Ordinal)))
        {
            var access = new Access("notifications", method, Filled(path), "{}", 0, 0, 0, 0, 0);
            foreach (var token in new[] { null, "x", scene.Creator.Token })
            {
                // A redirect to the sign-in page is allowed.
                var (status, _) = await StatusAsync(access, scene, token);
                Assert.True((int)status is >= 300 and < 500, $"{access}: {status}");
            }
        }
    }

    [Fact]
    public async Task Auth_uses_the_current_role_of_an_account()
    {
        const string password = "a-long-password";
        var email = RunningServices.NewEmail();
        using var admin = await services.AdminAsync();
        using var deputy = services.Anonymous();
        await deputy.RegisterAsync(email, password, "Deputy");
        await admin.PutAsync($"/api/users/{deputy.UserId}", new { Role = "admin" });
        (await deputy.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
        await deputy.LoginAsync(email, password);
        Assert.Equal(HttpStatusCode.OK, (await deputy.GetAsync("/api/users")).Status);

        await admin.PutAsync($"/api/users/{deputy.UserId}", new { Role = "user" });
        (await deputy.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
        await deputy.LoginAsync(email, password);
        (await deputy.GetAsync("/api/users")).AssertProblem(HttpStatusCode.Forbidden);

        await admin.DeleteAsync($"/api/users/{deputy.UserId}");
        (await deputy.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
        (await deputy.DeleteAsync($"/api/users/{deputy.UserId}")).AssertProblem(HttpStatusCode.Unauthorized);
    }

    private async Task AssertAsync(Access access, Scene scene, string who, string? token, int expected)
    {
        var (status, mediaType) = await StatusAsync(access, scene, token);
        Assert.True((int)status == expected, $"{access}, {who}: {(int)status}, not {expected}");
        if ((int)status >= 400)
            Assert.Equal("application/problem+json", mediaType);
    }

    // Reads only the headers, because a stream doesn't end.
    private async Task<(HttpStatusCode Status, string? MediaType)> StatusAsync(Access access, Scene scene, string? token)
    {
        using var client = services.At(access.Service);
        client.Token = token;
        return await client.HeadersAsync(new HttpMethod(access.Method), scene.Fill(access.Path), access.Body);
    }

    private async Task<List<(string Wrong, string Token)>> BadTokensAsync(ApiClient user)
    {
        var key = await services.ProviderOf("auth").GetRequiredService<SigningKeys>().CurrentAsync(TestContext.Current.CancellationToken);
        return [.. Tokens.Bad(user.Token!, key)];
    }

    private IEnumerable<(string Method, string Path)> RoutesOf(string service)
        => services.ProviderOf(service).GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(
                endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"],
                (endpoint, method) => (method, "/" + endpoint.RoutePattern.RawText!.Trim('/')))
            .Distinct();

    private static bool IsAdminsOnly((string Method, string Path) route)
        => IsAdminApi(route) || (route.Path.StartsWith(Console, StringComparison.Ordinal) && !IsOpenPage(route));

    private static bool IsAdminApi((string Method, string Path) route) => route.Path.StartsWith(AdminArea, StringComparison.Ordinal);

    private static bool IsOpenPage((string Method, string Path) route)
        => OpenPages.Any(page => route.Path.StartsWith(page, StringComparison.Ordinal));

    private static string Filled(string path)
        => Parameter().Replace(path, place => place.Value.EndsWith(":guid}", StringComparison.Ordinal) ? $"/{Guid.Empty}" : "/1-1");

    private static string Shape(string path) => Parameter().Replace(path.Replace("{documentName}", "v1", StringComparison.Ordinal), m => m.Groups[1].Value + "{}");

    [GeneratedRegex(@"(/)(\{[^}]*\}|\d+(?=/|$))")]
    private static partial Regex Parameter();
}
