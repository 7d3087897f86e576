using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Tests.Services;

/// <summary>The keys that a service fetches from Auth.</summary>
public sealed class TokenKeyTests : IAsyncLifetime
{
    // The fetch loop waits for the first interval after each fetch, and for the second one before the next fetch.
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RestOfRefreshInterval = TimeSpan.FromMinutes(5) - MinInterval;

    private readonly FakeAuth auth = new();
    private readonly LoopTime time = new();
    private readonly AuthConfiguration configuration;

    public TokenKeyTests() => configuration = new AuthConfiguration(auth, time, NullLogger<AuthConfiguration>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await configuration.StopAsync(CancellationToken.None);
        configuration.Dispose();
        auth.Dispose();
    }

    [Fact]
    public async Task Keys_are_fetched_once_and_cached()
    {
        await StartAsync("one");

        Assert.Equal(["one"], await KeysAsync());
        Assert.Equal(["one"], await KeysAsync());

        Assert.Equal(1, auth.Fetches);
    }

    [Fact]
    public async Task An_unknown_key_triggers_a_refresh_but_many_unknown_keys_do_not_flood_Auth()
    {
        await StartAsync("one");
        auth.Publish("one", "two");
        for (var i = 0; i < 100; i++)
            configuration.RequestRefresh();
        Assert.Equal(1, auth.Fetches);

        await time.PassAsync(MinInterval);
        await time.StartOfAsync(MinInterval);

        Assert.Equal(["one", "two"], await KeysAsync());
        Assert.Equal(2, auth.Fetches);
    }

    [Fact]
    public async Task The_last_keys_stay_in_use_while_Auth_is_unavailable_and_new_ones_are_fetched_once_it_is_back()
    {
        await StartAsync("one");
        auth.IsAway = true;
        await time.PassAsync(MinInterval);
        await time.PassAsync(RestOfRefreshInterval);
        for (var hour = TimeSpan.Zero; hour < TimeSpan.FromHours(1); hour += MinInterval)
            await time.PassAsync(MinInterval);
        Assert.Equal(["one"], await KeysAsync());

        auth.Publish("two");
        auth.IsAway = false;
        await time.PassAsync(MinInterval);
        await time.StartOfAsync(MinInterval);

        Assert.Equal(["two"], await KeysAsync());
    }

    [Fact]
    public async Task A_withdrawn_key_is_not_trusted_after_five_minutes_even_without_requests()
    {
        await StartAsync("one", "two");
        auth.Publish("two");

        await time.PassAsync(MinInterval);
        await time.PassAsync(RestOfRefreshInterval);
        await time.StartOfAsync(MinInterval);

        Assert.Equal(["two"], await KeysAsync());
    }

    [Fact]
    public async Task Before_the_first_fetch_a_token_is_neither_accepted_nor_refused()
    {
        auth.IsAway = true;
        await StartAsync("one");
        await Assert.ThrowsAsync<TokenKeysUnavailableException>(KeysAsync);

        auth.IsAway = false;
        await time.PassAsync(MinInterval);
        await time.StartOfAsync(MinInterval);

        Assert.Equal(["one"], await KeysAsync());
    }

    [Fact]
    public async Task A_response_without_keys_is_ignored()
    {
        await StartAsync("one");
        auth.Publish();

        await time.PassAsync(MinInterval);
        await time.PassAsync(RestOfRefreshInterval);
        await time.StartOfAsync(MinInterval);

        Assert.Equal(["one"], await KeysAsync());
    }

    private async Task StartAsync(params string[] keyIds)
    {
        auth.Publish(keyIds);
        await configuration.StartAsync(Cancellation);
        await time.StartOfAsync(MinInterval);
    }

    private async Task<IEnumerable<string>> KeysAsync()
        => (await configuration.GetConfigurationAsync(Cancellation)).SigningKeys.Select(key => key.KeyId);

    /// <summary>A clock that signals when the loop begins to wait.</summary>
    private sealed class LoopTime : FakeTimeProvider
    {
        private readonly Channel<TimeSpan> waits = Channel.CreateUnbounded<TimeSpan>();
        private TimeSpan? started;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            waits.Writer.TryWrite(dueTime);
            return timer;
        }

        public async Task StartOfAsync(TimeSpan wait)
        {
            started ??= await waits.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            Assert.Equal(wait, started);
        }

        public async Task PassAsync(TimeSpan wait)
        {
            await StartOfAsync(wait);
            started = null;
            Advance(wait);
        }
    }

    private sealed class FakeAuth : HttpMessageHandler, IHttpClientFactory
    {
        private volatile string document = "";

        public int Fetches { get; private set; }

        public bool IsAway { get; set; }

        public void Publish(params string[] keyIds) => document = JsonSerializer.Serialize(new { keys = keyIds.Select(Key) });

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new HttpRequestException("Connection refused");

            await Task.Yield();
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(DocumentAt(request.RequestUri!)) };
        }

        private string DocumentAt(Uri address)
        {
            if (address != new Uri("http://auth/.well-known/openid-configuration"))
                return address == new Uri("http://auth.test/keys") ? document : throw new HttpRequestException($"404 {address}");

            Fetches++;
            return """{"issuer":"taskplatform-auth","jwks_uri":"http://auth.test/keys"}""";
        }

        private static object Key(string id)
        {
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
            return new { kty = "EC", crv = "P-256", kid = id, x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) };
        }
    }
}
