using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>
/// The keys that Auth publishes: fetched when the first token comes, kept, and asked for again when they have aged or a
/// token names an unknown one. While Auth is away the kept ones serve.
/// </summary>
internal sealed partial class PublishedTokenKeys(
    IHttpClientFactory clients, IConfiguration configuration, TimeProvider time, ILogger<PublishedTokenKeys> logger)
    : ITokenKeys, IDisposable
{
    public const string AddressKey = "services:auth:http:0";
    public const string HttpClientName = "token-keys";

    // A key that Auth has withdrawn is trusted for this long.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    // Tokens with invented key ids must not become a flood on Auth.
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim fetching = new(1, 1);
    private FrozenDictionary<string, SecurityKey>? keys;
    private DateTimeOffset fetchedAt = DateTimeOffset.MinValue;
    private DateTimeOffset triedAt = DateTimeOffset.MinValue;

    public static void CheckAddress(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out _))
            throw new ArgumentException("This is not an address.", nameof(address));
    }

    public async ValueTask<SecurityKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        if (Kept(keyId) is { } kept)
            return kept;

        await fetching.WaitAsync(cancellationToken);
        try
        {
            if (Kept(keyId) is { } meanwhile)
                return meanwhile;
            if (time.GetUtcNow() - triedAt >= MinPause || keys is null)
                await FetchAsync(cancellationToken);
            return keys?.GetValueOrDefault(keyId);
        }
        finally
        {
            fetching.Release();
        }
    }

    public void Dispose() => fetching.Dispose();

    private SecurityKey? Kept(string keyId)
        => time.GetUtcNow() - fetchedAt < MaxAge ? keys?.GetValueOrDefault(keyId) : null;

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        triedAt = time.GetUtcNow();
        try
        {
            using var client = clients.CreateClient(HttpClientName);
            var address = new Uri(new Uri(configuration[AddressKey]!), TokenFormat.KeysPath);
            var json = await client.GetStringAsync(address, cancellationToken);
            keys = new JsonWebKeySet(json).GetSigningKeys().ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
            fetchedAt = time.GetUtcNow();
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFetchFailed(failure.Message);
            if (keys is null)
                throw new TokenKeysUnavailableException(failure);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The tokens' keys can't be fetched from Auth: {Reason}")]
    private partial void LogFetchFailed(string reason);
}
