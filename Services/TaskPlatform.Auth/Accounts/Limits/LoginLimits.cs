using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>
/// Makes guessing passwords slow without locking the owner out. Three limits apply: to failed logins of one account from one address, to failed
/// logins of one account from everywhere, and to all logins from one address. Beyond them an attempt is refused before its password is checked,
/// except from a known source: an address from which the account has signed in. From there the right password is always accepted. Accounts that
/// do not exist are treated alike. The state is this process's own and kept in memory.
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

    // Everyone who has an account has a known source; one attempt at a time must do there, or it would be a way around the limits of hashing.
    private readonly PartitionedRateLimiter<string> turns = PartitionedRateLimiter.Create<string, string>(
        address => RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = 1,
            QueueLimit = MaxWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));

    /// <summary>Begins an attempt, or refuses it. Dispose the attempt when its outcome is recorded.</summary>
    /// <param name="account">What makes the account unique; any text where there is none.</param>
    /// <param name="address">See <see cref="ClientAddress"/>.</param>
    /// <param name="cancellationToken">Ends the wait for another attempt from the same known source.</param>
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

    /// <summary>The right password: this is a known source from now on, and what failed before from here is forgotten.</summary>
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

    /// <summary>No password was checked.</summary>
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

    /// <summary>Counts the attempt where it is within the limits; else says how long it must wait.</summary>
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

/// <summary>One login: whether its password may be checked, and what comes of it.</summary>
internal sealed class LoginAttempt(LoginLimits limits, string account, string address, RateLimitLease? turn = null) : IDisposable
{
    private bool isChecked;

    /// <summary>Whether its password must not be checked.</summary>
    public bool IsRefused { get; init; }

    /// <summary>When to try again, unless it succeeds: null within the limits.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public string Account => account;

    public string Source => SourceOf(account, address);

    /// <summary>Whether it counts as a failure until it succeeds.</summary>
    public bool IsCounted { get; init; }

    public static string SourceOf(string account, string address) => $"{address} {account}";

    /// <summary>Records what the check of the password said.</summary>
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
