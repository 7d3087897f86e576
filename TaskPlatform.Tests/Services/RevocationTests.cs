using System.Net;
using System.Net.Http.Headers;
using Microsoft.IdentityModel.JsonWebTokens;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tests.Api;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Services;

/// <summary>What revokes a token before it expires, and where.</summary>
[Collection(ServicesTests.Name)]
public sealed class RevocationTests(RunningServices services)
{
    private const string Password = "a-long-password";
    private const string NewPassword = "another-long-password";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_password_a_new_role_a_sign_out_and_a_deletion_revoke_tokens_and_end_streams_in_all_services()
    {
        using var admin = await services.AdminAsync();
        (string Name, Func<ApiClient, Task<Answer>> Act)[] endings =
        [
            ("password", user => user.PutAsync($"/api/users/{user.UserId}", new { Password = NewPassword, CurrentPassword = Password })),
            ("role", user => admin.PutAsync($"/api/users/{user.UserId}", new { Role = "admin" })),
            ("sign-out", user => user.PostAsync("/api/auth/logout")),
            ("deletion", user => admin.DeleteAsync($"/api/users/{user.UserId}")),
        ];

        await Task.WhenAll(endings.Select(async ending =>
        {
            using var user = await services.RegisterAsync(ending.Name);
            using var stream = await EventStream.OpenAsync(user);
            Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/api/tasks")).Status);

            Assert.True((await ending.Act(user)).IsSuccess());

            (await user.GetAsync("/api/users/me")).AssertProblem(HttpStatusCode.Unauthorized);
            await BusView.Until(() => user.GetAsync("/api/tasks"), answer => answer.Status == HttpStatusCode.Unauthorized);
            await BusView.Until(() => user.GetAsync("/api/notifications"), answer => answer.Status == HttpStatusCode.Unauthorized);
            await stream.EndAsync();
        }));
    }

    [Fact]
    public async Task Concurrent_sign_outs_revoke_only_existing_tokens_and_the_user_can_sign_in_again()
    {
        var email = RunningServices.NewEmail();
        using var user = services.Anonymous();
        await user.RegisterAsync(email, Password, "Ann");

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => user.PostAsync("/api/auth/logout")));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { HttpStatusCode.NoContent, HttpStatusCode.Unauthorized }));
        await user.LoginAsync(email, Password);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not-the-password")]
    public async Task A_new_password_requires_the_current_one(string? current)
    {
        using var user = await services.RegisterAsync();

        var answer = await user.PutAsync($"/api/users/{user.UserId}", new { Password = NewPassword, CurrentPassword = current });

        Assert.Equal(["current_password"], answer.AssertProblem(HttpStatusCode.BadRequest).Fields);
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/api/users/me")).Status);
    }

    [Fact]
    public async Task An_admin_who_changes_the_password_of_another_user_must_enter_their_own()
    {
        using var admin = await services.AdminAsync();
        var email = RunningServices.NewEmail();
        using var user = services.Anonymous();
        await user.RegisterAsync(email, Password, "Ann");
        var path = $"/api/users/{user.UserId}";

        Assert.Equal(["current_password"], (await admin.PutAsync(path, new { Password = NewPassword, CurrentPassword = Password })).Fields);
        Assert.True((await admin.PutAsync(path, new { Password = NewPassword, CurrentPassword = RunningServices.AdminPassword })).IsSuccess());
        await user.LoginAsync(email, NewPassword);
    }

    [Fact]
    public async Task The_list_contains_the_stamps_of_revoked_tokens_until_they_expire_and_is_sent_only_when_it_has_changed()
    {
        using var user = await services.RegisterAsync();
        var stamp = StampOf(user);
        await using var database = services.OpenDatabase("auth-db");
        await using (var insert = database.CreateCommand(
            "INSERT INTO revoked_stamps (stamp, revoked_at, expires_at) VALUES ('expired', now() - interval '2 hours', now() - interval '1 second')"))
            await insert.ExecuteNonQueryAsync(Cancelled);

        var before = await ListAsync();
        Assert.Equal(HttpStatusCode.NotModified, (await ListAsync(before.Tag)).Status);
        await user.PostAsync("/api/auth/logout");
        var after = await BusView.Until(() => ListAsync(before.Tag), answer => answer.Status == HttpStatusCode.OK);

        Assert.DoesNotContain(stamp, before.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("expired", before.Text, StringComparison.Ordinal);
        Assert.Contains(stamp, after.Text, StringComparison.Ordinal);
        Assert.Matches("""^\{"stamps":\[("[0-9a-f]{32}",?)+\]\}$""", after.Text);
        await using var expired = database.CreateCommand("SELECT count(*) FROM revoked_stamps WHERE expires_at < now()");
        Assert.Equal(0L, await expired.ExecuteScalarAsync(Cancelled));
    }

    [Fact]
    public async Task Stamps_differ_between_users_and_stay_the_same_across_logins()
    {
        var email = RunningServices.NewEmail();
        using var first = services.Anonymous();
        await first.RegisterAsync(email, Password, "Ann");
        using var second = services.Anonymous();
        await second.LoginAsync(email, Password);
        using var other = await services.RegisterAsync();

        Assert.Equal(StampOf(first), StampOf(second));
        Assert.NotEqual(StampOf(first), StampOf(other));
    }

    private static string StampOf(ApiClient user) => new JsonWebToken(user.Token).GetClaim(TokenFormat.StampClaim).Value;

    private async Task<(HttpStatusCode Status, EntityTagHeaderValue? Tag, string Text)> ListAsync(EntityTagHeaderValue? known = null)
    {
        using var http = new HttpClient { BaseAddress = services.AddressOf("auth") };
        using var request = new HttpRequestMessage(HttpMethod.Get, TokenFormat.RevokedTokensPath);
        if (known is not null)
            request.Headers.IfNoneMatch.Add(known);
        using var answer = await http.SendAsync(request, Cancelled);
        return (answer.StatusCode, answer.Headers.ETag, await answer.Content.ReadAsStringAsync(Cancelled));
    }
}
