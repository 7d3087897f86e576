using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Keys;

/// <summary>This process's copy of the signing keys. Auth verifies tokens with it and needn't request its own key set.</summary>
internal sealed class SigningKeys(IServiceScopeFactory scopes, TimeProvider time) : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    // Another process of the service may have created or withdrawn a key.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    // Tokens with unknown key ids must not flood the database.
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim loading = new(1, 1);
    private volatile Copy? copy;
    private volatile bool refreshRequested;

    /// <summary>Returns the current signing key, and creates one if there is none.</summary>
    public async ValueTask<ECDsaSecurityKey> CurrentAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return (await GetAsync(cancellationToken)).SigningAt(now)!.Security;
    }

    /// <summary>Returns all keys that may have signed a valid token, and the next key.</summary>
    public async Task<IReadOnlyList<ECDsaSecurityKey>> PublishedAsync(CancellationToken cancellationToken)
        => [.. (await GetAsync(cancellationToken)).Keys.Select(key => key.Security)];

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) => (await GetAsync(cancel)).Configuration;

    public void RequestRefresh() => refreshRequested = true;

    public void Dispose() => loading.Dispose();

    private async ValueTask<Copy> GetAsync(CancellationToken cancellationToken)
    {
        var known = copy;
        if (IsFresh(known))
            return known;

        // Only one request reads the database. The others use the existing copy, because the database may be unavailable.
        if (!await loading.WaitAsync(CanSign(known) ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellationToken))
            return known!;
        try
        {
            return IsFresh(copy) ? copy : copy = await LoadAsync(cancellationToken);
        }
        finally
        {
            loading.Release();
        }
    }

    private bool IsFresh([NotNullWhen(true)] Copy? known)
        => CanSign(known) && time.GetUtcNow() - known.LoadedAt < (refreshRequested ? MinAge : MaxAge);

    private bool CanSign([NotNullWhen(true)] Copy? known) => known?.SigningAt(time.GetUtcNow()) is not null;

    private async Task<Copy> LoadAsync(CancellationToken cancellationToken)
    {
        refreshRequested = false;
        await using var scope = scopes.CreateAsyncScope();
        var rows = await scope.ServiceProvider.GetRequiredService<KeyRing>().ReadAsync(cancellationToken);

        // Keep the objects of known keys, because another request may be signing with them.
        var known = copy?.Keys ?? [];
        return new Copy([.. rows.Select(row => known.FirstOrDefault(key => key.Security.KeyId == row.Id) ?? Key.Of(row))], time.GetUtcNow());
    }

    private sealed record Copy(IReadOnlyList<Key> Keys, DateTimeOffset LoadedAt)
    {
        public OpenIdConnectConfiguration Configuration { get; } = Describe(Keys);

        // The newest key may not sign yet, because it is published in advance.
        public Key? SigningAt(DateTimeOffset now) => Keys.LastOrDefault(key => key.SignsUntil > now);

        private static OpenIdConnectConfiguration Describe(IReadOnlyList<Key> keys)
        {
            var configuration = new OpenIdConnectConfiguration { Issuer = TokenFormat.Issuer };
            foreach (var key in keys)
                configuration.SigningKeys.Add(key.Security);
            return configuration;
        }
    }

    private sealed record Key(ECDsaSecurityKey Security, DateTimeOffset SignsUntil)
    {
        public static Key Of(SigningKey row)
        {
            var ecdsa = ECDsa.Create();
            ecdsa.ImportPkcs8PrivateKey(row.PrivateKey, out _);
            return new Key(new ECDsaSecurityKey(ecdsa) { KeyId = row.Id }, row.SignsUntil);
        }
    }
}
