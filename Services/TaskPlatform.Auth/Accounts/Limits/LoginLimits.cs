using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>
/// Slows down password guessing without locking the owner out. There are three limits: failed logins per account and address, failed logins
/// per account, and all logins per address. Beyond them an attempt is refused before its password is checked, except from a known source: an
/// address from which the account has signed in before. From there the right password is always accepted. Accounts that don't exist are
/// treated the same way. The state is kept in the memory of this process.
/// </summary>
internal sealed class LoginLimits(IOptions<RateLimitOptions> options, TimeProvider time) : IDisposable
{
    private const int Capacity = 50_000;
    private const int MaxWaiting = 8;

    private readonly Lock gate = new();
    private readonly AddressLimit byAddress = new(options.Value.Login, options.Value.Window, time);
    private readonly RecentEntries<FailedLogins> byAccount = new(Capacity);
    private readonly RecentEntries<FailedLogins> bySource = new(Capacity);
    private readonly RecentEntries<object> knownSources = new(Capacity);

    // Every user with an account has a known source. One attempt at a time keeps known sources from bypassing the limits on hashing.
    private readonly PartitionedRateLimiter<string> turns = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = 1,
            QueueLimit = MaxWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));

    /// <summary>Begins an attempt or refuses it. Dispose the attempt after its outcome is recorded.</summary>
    /// <param name="account">The account's unique key; any text if there is no such account.</param>
    /// <param name="address">See <see cref="ClientAddress"/>.</param>
    /// <param name="cancellationToken">Cancels the wait for another attempt from the same known source.</param>
    public async Task<LoginAttempt> BeginAsync(string account, string address, CancellationToken cancellationToken)
    {
        var wait = Admit(account, address, out var isKnown);
        if (wait <= TimeSpan.Zero)
            return new LoginAttempt(this, account, address) { IsCounted = true };
        if (!isKnown)
            return new LoginAttempt(this, account, address) { RetryAfter = wait, IsRefused = true };

        var turn = await turns.AcquireAsync(address, permitCount: 1, cancellationToken);
        return new LoginAttempt(this, account, address, turn) { RetryAfter = wait, IsRefused = !turn.IsAcquired };
    }

    public void Dispose() => turns.Dispose();

    /// <summary>Records a success: the source is known from now on, and its earlier failures are cleared.</summary>
    internal void Succeed(LoginAttempt attempt)
    {
        lock (gate)
        {
            knownSources.GetOrAdd(attempt.Source);
            bySource.Remove(attempt.Source);
            if (attempt.IsCounted && byAccount.TryGet(attempt.Account, out var failures))
                failures.Undo();
        }
    }

    /// <summary>Takes back an attempt whose password was not checked.</summary>
    internal void Undo(LoginAttempt attempt)
    {
        lock (gate)
        {
            if (byAccount.TryGet(attempt.Account, out var failures))
                failures.Undo();
            if (bySource.TryGet(attempt.Source, out failures))
                failures.Undo();
        }
    }

    /// <summary>Counts the attempt if it is within the limits; otherwise returns how long it must wait.</summary>
    private TimeSpan Admit(string account, string address, out bool isKnown)
    {
        var source = LoginAttempt.SourceOf(account, address);
        lock (gate)
        {
            isKnown = knownSources.TryGet(source, out _);
            var (ofSource, ofAccount) = (WaitOf(bySource, source, options.Value.LoginFailures), WaitOf(byAccount, account, options.Value.AccountFailures));
            var wait = ofSource > ofAccount ? ofSource : ofAccount;
            if (wait <= TimeSpan.Zero)
                wait = byAddress.Take(address);
            if (wait <= TimeSpan.Zero)
            {
                bySource.GetOrAdd(source).Add(time);
                byAccount.GetOrAdd(account).Add(time);
            }

            return wait;
        }
    }

    private TimeSpan WaitOf(RecentEntries<FailedLogins> entries, string key, int withoutDelay)
        => entries.TryGet(key, out var failures) ? failures.Wait(withoutDelay, options.Value, time) : TimeSpan.Zero;
}

/// <summary>A login attempt: whether its password may be checked, and the outcome.</summary>
internal sealed class LoginAttempt(LoginLimits limits, string account, string address, RateLimitLease? turn = null) : IDisposable
{
    private bool isChecked;

    /// <summary>Whether the password must not be checked.</summary>
    public bool IsRefused { get; init; }

    /// <summary>When to try again after a failure; null within the limits.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string Account => account;

    public string Source => SourceOf(account, address);

    /// <summary>Whether the attempt counts as a failure until it succeeds.</summary>
    public bool IsCounted { get; init; }

    public static string SourceOf(string account, string address) => $"{address} {account}";

    /// <summary>Records the result of the password check.</summary>
    public void Record(bool isValid)
    {
        isChecked = true;
        if (isValid)
            limits.Succeed(this);
    }

    public void Dispose()
    {
        turn?.Dispose();
        if (IsCounted && !isChecked)
            limits.Undo(this);
    }
}
