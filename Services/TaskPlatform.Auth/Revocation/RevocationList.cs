using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;

namespace TaskPlatform.Auth.Revocation;

/// <summary>
/// The revoked stamps that unexpired tokens may still carry. The database is read at most once per second, regardless of the number of requests.
/// Decision 0018 explains how long the list can become.
/// </summary>
internal sealed class RevocationList(IServiceScopeFactory scopes, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim loading = new(1, 1);
    private volatile Copy? copy;

    public async ValueTask<Copy> GetAsync(CancellationToken cancellationToken)
    {
        var known = copy;
        if (IsFresh(known))
            return known;

        await loading.WaitAsync(cancellationToken);
        try
        {
            return IsFresh(copy) ? copy : copy = await LoadAsync(cancellationToken);
        }
        finally
        {
            loading.Release();
        }
    }

    public void Dispose() => loading.Dispose();

    private bool IsFresh([NotNullWhen(true)] Copy? known) => known is not null && time.GetElapsedTime(known.LoadedAt) < MaxAge;

    private async Task<Copy> LoadAsync(CancellationToken cancellationToken)
    {
        var (loadedAt, now) = (time.GetTimestamp(), time.GetUtcNow());
        await using var scope = scopes.CreateAsyncScope();
        var stamps = await scope.ServiceProvider.GetRequiredService<AuthDb>().RevokedStamps
            .Where(revoked => revoked.ExpiresAt > now)
            .Select(revoked => revoked.Stamp)
            .Order()
            .ToListAsync(cancellationToken);
        return new Copy(stamps, loadedAt);
    }

    /// <param name="Stamps">Sorted, so that all processes compute the same ETag.</param>
    /// <param name="LoadedAt">When the database was read.</param>
    public sealed record Copy(IReadOnlyList<string> Stamps, long LoadedAt)
    {
        public string ETag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', Stamps))))}\"";
    }
}
