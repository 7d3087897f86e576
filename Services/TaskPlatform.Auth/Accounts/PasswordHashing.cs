using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Accounts;

/// <summary>Limits on password hashing, in the section <c>PasswordHashing</c>.</summary>
internal sealed class PasswordHashingOptions
{
    public const string Section = "PasswordHashing";

    /// <summary>The number of hashes that are computed concurrently; each takes about 0.1 s of a core. Default: the number of processors.</summary>
    [Range(1, 1024)]
    public int MaxConcurrency { get; set; } = Environment.ProcessorCount;

    /// <summary>The number of requests that may wait for their hash; further ones are answered with 503. Default 32.</summary>
    [Range(0, 10_000)]
    public int QueueLimit { get; set; } = 32;
}

/// <summary>
/// Hashes and verifies all passwords. Hashing is slow by design, so the number of concurrent hashes is limited, and each runs on its own thread
/// so that the thread pool stays available to all other requests.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    // About the time that a full queue takes on two cores.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly PasswordHasher<User> hasher;
    private readonly ConcurrencyLimiter limiter;
    private readonly User dummyUser;

    public PasswordHashing(IOptions<PasswordHasherOptions> hashes, IOptions<PasswordHashingOptions> options)
    {
        hasher = new PasswordHasher<User>(hashes);
        limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = options.Value.MaxConcurrency,
            QueueLimit = options.Value.QueueLimit,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        dummyUser = new User { Email = "", EmailKey = "", FullName = "", Role = "", PasswordHash = "", CreatedAt = default, UpdatedAt = default };
        dummyUser.PasswordHash = hasher.HashPassword(dummyUser, RandomNumberGenerator.GetHexString(32));
    }

    /// <exception cref="OverloadedException">The queue is full.</exception>
    public Task<string> HashAsync(string password, CancellationToken cancellationToken)
        => RunAsync(() => hasher.HashPassword(dummyUser, password), cancellationToken);

    /// <summary>Takes the same time whether or not the user exists, so that the duration doesn't reveal which addresses have an account.</summary>
    /// <exception cref="OverloadedException">The queue is full.</exception>
    public async Task<bool> VerifyAsync(User? user, string password, CancellationToken cancellationToken)
    {
        var account = user ?? dummyUser;
        var result = await RunAsync(() => hasher.VerifyHashedPassword(account, account.PasswordHash, password), cancellationToken);
        return result != PasswordVerificationResult.Failed && user is not null;
    }

    public void Dispose() => limiter.Dispose();

    private async Task<T> RunAsync<T>(Func<T> hash, CancellationToken cancellationToken)
    {
        using var permit = await limiter.AcquireAsync(permitCount: 1, cancellationToken);
        if (!permit.IsAcquired)
            throw new OverloadedException("Too many passwords are being checked at the moment.", RetryAfter);

        // Not cancellable once it runs: the permit must not be released while the hash still uses a core.
        return await Task.Factory.StartNew(
            hash, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
    }
}
