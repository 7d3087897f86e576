using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Keys;

/// <summary>The keys as this process knows them. Another process of the service may have made newer ones.</summary>
internal sealed class SigningKeys(IServiceScopeFactory scopes, TimeProvider time) : ITokenKeys, IDisposable
{
    // Tokens with invented key ids must not become a flood on the database.
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim loading = new(1, 1);
    private volatile IReadOnlyList<Key> keys = [];
    private DateTimeOffset loadedAt = DateTimeOffset.MinValue;

    /// <summary>The key that signs now; made where there is none.</summary>
    public async ValueTask<ECDsaSecurityKey> CurrentAsync(CancellationToken cancellationToken)
    {
        if (Current() is { } key)
            return key;

        await loading.WaitAsync(cancellationToken);
        try
        {
            return Current() ?? (await LoadAsync(ring => ring.RenewAsync(cancellationToken)))[0].Security;
        }
        finally
        {
            loading.Release();
        }
    }

    /// <summary>Every key that a valid token may be signed with, also those of other processes.</summary>
    public async Task<IReadOnlyList<ECDsaSecurityKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        await loading.WaitAsync(cancellationToken);
        try
        {
            return [.. (await LoadAsync(ring => ring.ReadAsync(cancellationToken))).Select(key => key.Security)];
        }
        finally
        {
            loading.Release();
        }
    }

    public async ValueTask<SecurityKey?> FindAsync(string keyId, CancellationToken cancellationToken)
    {
        if (Find(keyId) is { } known)
            return known;

        await loading.WaitAsync(cancellationToken);
        try
        {
            if (Find(keyId) is null && time.GetUtcNow() - loadedAt >= MinPause)
                await LoadAsync(ring => ring.ReadAsync(cancellationToken));
            return Find(keyId);
        }
        finally
        {
            loading.Release();
        }
    }

    public void Dispose() => loading.Dispose();

    private ECDsaSecurityKey? Current()
        => keys is [var newest, ..] && newest.SignsUntil > time.GetUtcNow() ? newest.Security : null;

    private ECDsaSecurityKey? Find(string keyId)
        => keys.FirstOrDefault(key => key.Security.KeyId == keyId && key.PublishedUntil > time.GetUtcNow())?.Security;

    // A key that is known already keeps its object: others may be signing with it at this moment.
    private async Task<IReadOnlyList<Key>> LoadAsync(Func<KeyRing, Task<List<SigningKey>>> load)
    {
        await using var scope = scopes.CreateAsyncScope();
        var rows = await load(scope.ServiceProvider.GetRequiredService<KeyRing>());
        keys = [.. rows.Select(row => keys.FirstOrDefault(key => key.Security.KeyId == row.Id) ?? Key.Of(row))];
        loadedAt = time.GetUtcNow();
        return keys;
    }

    private sealed record Key(ECDsaSecurityKey Security, DateTimeOffset SignsUntil, DateTimeOffset PublishedUntil)
    {
        public static Key Of(SigningKey row)
        {
            var ecdsa = ECDsa.Create();
            ecdsa.ImportPkcs8PrivateKey(row.PrivateKey, out _);
            return new Key(new ECDsaSecurityKey(ecdsa) { KeyId = row.Id }, row.SignsUntil, row.PublishedUntil);
        }
    }
}
