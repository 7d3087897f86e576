using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Tests.Services;

/// <summary>A service's copy of the list of revoked tokens.</summary>
public sealed class RevokedTokensTests : IAsyncDisposable
{
    private readonly RevokedTokensOptions options = new();
    private readonly FakeAuth auth = new();
    private readonly FakeTimeProvider time = new();
    private readonly RevokedTokens tokens;

    public RevokedTokensTests() => tokens = new RevokedTokens(auth, Options.Create(options), time, NullLogger<RevokedTokens>.Instance);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await tokens.StopAsync(CancellationToken.None);
        tokens.Dispose();
        auth.Dispose();
    }

    [Fact]
    public async Task A_token_that_is_revoked_or_has_no_stamp_is_refused()
    {
        auth.Stamps = ["a"];
        await tokens.FetchAsync(Cancelled);

        Assert.True(tokens.IsRevoked(Caller("a")));
        Assert.False(tokens.IsRevoked(Caller("b")));
        Assert.True(tokens.IsRevoked(Caller("")));
        Assert.True(tokens.IsRevoked(Caller(null)));
    }

    [Fact]
    public async Task The_list_is_transferred_only_when_it_has_changed()
    {
        auth.Stamps = ["a"];
        await tokens.FetchAsync(Cancelled);
        await tokens.FetchAsync(Cancelled);
        Assert.Equal((2, 1), (auth.Fetches, auth.Lists));
        Assert.True(tokens.IsRevoked(Caller("a")));

        auth.Stamps = ["b"];
        await tokens.FetchAsync(Cancelled);

        Assert.Equal((3, 2), (auth.Fetches, auth.Lists));
        Assert.False(tokens.IsRevoked(Caller("a")));
        Assert.True(tokens.IsRevoked(Caller("b")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("not JSON")]
    public async Task While_the_list_can_not_be_fetched_the_last_one_is_used_and_admins_are_refused_after_15_seconds(string? wrong)
    {
        auth.Stamps = ["a"];
        await tokens.FetchAsync(Cancelled);
        auth.Wrong = wrong;
        auth.IsAway = wrong is null;
        auth.Stamps = ["b"];

        time.Advance(options.MaxAge);
        await tokens.FetchAsync(Cancelled);
        tokens.RequireCurrent();
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(tokens.IsCurrent);
        Assert.Throws<RevokedTokensUnavailableException>(tokens.RequireCurrent);
        Assert.Equal(HealthStatus.Degraded, (await tokens.CheckHealthAsync(new HealthCheckContext(), Cancelled)).Status);
        Assert.True(tokens.IsRevoked(Caller("a")));
        Assert.False(tokens.IsRevoked(Caller("c")));

        (auth.Wrong, auth.IsAway) = (null, false);
        await tokens.FetchAsync(Cancelled);
        tokens.RequireCurrent();
        Assert.Equal(HealthStatus.Healthy, (await tokens.CheckHealthAsync(new HealthCheckContext(), Cancelled)).Status);
    }

    [Fact]
    public async Task Requests_wait_for_the_first_fetch_and_admins_are_refused_before_it()
    {
        auth.Stamps = ["a"];
        auth.Held = new TaskCompletionSource();
        Assert.Throws<RevokedTokensUnavailableException>(tokens.RequireCurrent);
        await tokens.StartAsync(Cancelled);

        var waiting = tokens.IsRevokedAsync(Caller("a"), Cancelled).AsTask();
        Assert.False(waiting.IsCompleted);
        auth.Held.SetResult();

        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
    }

    [Fact]
    public async Task A_watch_is_cancelled_when_its_token_is_revoked_or_was_revoked_before()
    {
        await tokens.FetchAsync(Cancelled);
        using var first = tokens.Watch(Caller("a"));
        using var other = tokens.Watch(Caller("b"));

        auth.Stamps = ["a"];
        await tokens.FetchAsync(Cancelled);

        using var late = tokens.Watch(Caller("a"));
        Assert.True(first.Revoked.IsCancellationRequested);
        Assert.True(late.Revoked.IsCancellationRequested);
        Assert.False(other.Revoked.IsCancellationRequested);
    }

    private static ClaimsPrincipal Caller(string? stamp)
        => new(new ClaimsIdentity(stamp is null ? [] : [new Claim(TokenFormat.StampClaim, stamp)]));

    private sealed class FakeAuth : HttpMessageHandler, IHttpClientFactory
    {
        public string[] Stamps { get; set; } = [];

        public string? Wrong { get; set; }

        public bool IsAway { get; set; }

        public TaskCompletionSource? Held { get; set; }

        public int Fetches { get; private set; }

        public int Lists { get; private set; }

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal(new Uri("http://auth/.well-known/revoked-tokens"), request.RequestUri);
            if (IsAway)
                throw new HttpRequestException("Connection refused");
            if (Held is not null)
                await Held.Task.WaitAsync(cancellationToken);

            Fetches++;
            var tag = new EntityTagHeaderValue($"\"{string.Join('-', Stamps)}\"");
            if (request.Headers.IfNoneMatch.Contains(tag))
                return new HttpResponseMessage(HttpStatusCode.NotModified) { Headers = { ETag = tag } };

            Lists++;
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Headers = { ETag = tag },
                Content = new StringContent(Wrong ?? JsonSerializer.Serialize(new { stamps = Stamps })),
            };
        }
    }
}
