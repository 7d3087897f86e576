using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Auth.Accounts;

/// <summary>How many passwords are hashed at a time; section <c>PasswordHashing</c>.</summary>
internal sealed class PasswordHashingOptions
{
    public const string Section = "PasswordHashing";

    /// <summary>How many hashes are computed at the same time; each keeps a core busy for about 0.1 s. Default: the number of processors.</summary>
    [Range(1, 1024)]
    public int MaxConcurrency { get; set; } = Environment.ProcessorCount;

    /// <summary>How many requests may wait for their hash; the next one is answered with 503. Default 32.</summary>
    [Range(0, 10_000)]
    public int QueueLimit { get; set; } = 32;
}

/// <summary>
/// The only place where passwords are hashed and verified. A hash is slow by design, so only a few are computed at the same time, each on a
/// thread of its own: the thread pool stays free for all other requests.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    // About as long as a full queue takes on two cores.
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

    /// <exception cref="OverloadedException">Too many others wait already.</exception>
    public Task<string> HashAsync(string password, CancellationToken cancellationToken)
        => RunAsync(() => hasher.HashPassword(dummyUser, password), cancellationToken);

    /// <summary>Takes the same time whether there is such a user or not, so that the duration does not reveal which addresses have an account.</summary>
    /// <exception cref="OverloadedException">Too many others wait already.</exception>
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

        // Not cancelled once it runs: its permit must not be released while it keeps a core busy.
        return await Task.Factory.StartNew(
            hash, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);
    }
}
