using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Tests.Services;

/// <summary>The keys that a service fetches from Auth.</summary>
public sealed class TokenKeyTests : IDisposable
{
    private readonly FakeAuth auth = new();
    private readonly ManualTime time = new();
    private readonly PublishedTokenKeys keys;

    public TokenKeyTests() => keys = new PublishedTokenKeys(
        auth,
        new ConfigurationBuilder().AddInMemoryCollection([new(PublishedTokenKeys.AddressKey, "http://auth.test")]).Build(),
        time,
        NullLogger<PublishedTokenKeys>.Instance);

    public void Dispose()
    {
        keys.Dispose();
        auth.Dispose();
    }

    [Fact]
    public async Task They_are_fetched_once_and_kept()
    {
        auth.Publish("one");

        Assert.NotNull(await FindAsync("one"));
        Assert.NotNull(await FindAsync("one"));

        Assert.Equal(1, auth.Requests);
    }

    [Fact]
    public async Task A_key_that_is_new_is_fetched_but_invented_ones_do_not_flood_Auth()
    {
        auth.Publish("one");
        await FindAsync("one");
        for (var i = 0; i < 100; i++)
            Assert.Null(await FindAsync($"invented-{i}"));
        Assert.Equal(1, auth.Requests);

        auth.Publish("one", "two");
        time.Advance(TimeSpan.FromSeconds(3));

        Assert.NotNull(await FindAsync("two"));
        Assert.Equal(2, auth.Requests);
    }

    [Fact]
    public async Task Kept_keys_serve_while_Auth_is_away()
    {
        auth.Publish("one");
        await FindAsync("one");
        auth.IsAway = true;
        time.Advance(TimeSpan.FromHours(1));

        Assert.NotNull(await FindAsync("one"));
        Assert.Null(await FindAsync("two"));
    }

    [Fact]
    public async Task A_key_that_Auth_withdrew_is_trusted_no_longer()
    {
        auth.Publish("one", "two");
        await FindAsync("one");
        auth.Publish("two");
        time.Advance(TimeSpan.FromMinutes(6));

        Assert.Null(await FindAsync("one"));
    }

    [Fact]
    public async Task Before_the_first_fetch_nobody_can_say()
    {
        auth.IsAway = true;

        await Assert.ThrowsAsync<TokenKeysUnavailableException>(async () => await FindAsync("one"));

        auth.IsAway = false;
        auth.Publish("one");
        Assert.NotNull(await FindAsync("one"));
    }

    private ValueTask<SecurityKey?> FindAsync(string keyId) => keys.FindAsync(keyId, TestContext.Current.CancellationToken);

    private sealed class ManualTime : TimeProvider
    {
        private DateTimeOffset now = DateTimeOffset.UnixEpoch;

        public void Advance(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class FakeAuth : HttpMessageHandler, IHttpClientFactory
    {
        private string document = "";

        public int Requests { get; private set; }

        public bool IsAway { get; set; }

        public void Publish(params string[] keyIds)
            => document = JsonSerializer.Serialize(new { keys = keyIds.Select(Key) });

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            Assert.Equal("http://auth.test/.well-known/jwks.json", request.RequestUri?.ToString());
            return IsAway
                ? throw new HttpRequestException("Connection refused")
                : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(document) });
        }

        private static object Key(string id)
        {
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
            return new { kty = "EC", crv = "P-256", kid = id, x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) };
        }
    }
}
