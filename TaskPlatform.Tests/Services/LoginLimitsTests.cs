using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.Auth.Accounts.Limits;

namespace TaskPlatform.Tests.Services;

/// <summary>Password guessing is slowed down, but the owner is never locked out.</summary>
public sealed class LoginLimitsTests : IDisposable
{
    private const string Ann = "ANN@EXAMPLE.ORG";
    private const string Home = "198.51.100.7";

    private readonly FakeTimeProvider time = new();
    private readonly RateLimitOptions options = new() { Login = 1000 };
    private readonly LoginLimits limits;

    public LoginLimitsTests() => limits = new LoginLimits(Options.Create(options), time);

    public void Dispose() => limits.Dispose();

    [Fact]
    public async Task After_five_failures_each_further_failure_doubles_the_delay_up_to_one_minute()
    {
        for (var i = 0; i < 5; i++)
            Assert.Null(await FailAsync(Ann, Home));

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(TimeSpan.FromMilliseconds(1), await FailAsync(Ann, Home));
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Null(await FailAsync(Ann, Home));
        }

        time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 5; i++)
            Assert.Null(await FailAsync(Ann, Home));
    }

    [Fact]
    public async Task The_right_password_is_always_accepted_from_a_known_source()
    {
        Assert.True(await SucceedAsync(Ann, Home));
        for (var i = 0; i < 100; i++)
        {
            await FailAsync(Ann, Home);
            await FailAsync(Ann, $"203.0.113.{i}");
        }

        Assert.False(await SucceedAsync(Ann, "192.0.2.1"));
        Assert.NotNull(await FailAsync(Ann, Home));
        Assert.True(await SucceedAsync(Ann, Home));
        Assert.False(await SucceedAsync(Ann, "192.0.2.1"));
    }

    [Fact]
    public async Task Guessing_from_many_addresses_is_limited_for_existing_and_unknown_accounts_alike()
    {
        await SucceedAsync(Ann, Home);
        foreach (var account in (string[])[Ann, "NOBODY@EXAMPLE.ORG", "no address"])
        {
            for (var i = 0; i < 50; i++)
                Assert.Null(await FailAsync(account, $"203.0.113.{i}"));
            Assert.Equal(TimeSpan.FromSeconds(1), await FailAsync(account, "192.0.2.1"));
        }
    }

    [Fact]
    public async Task Trying_one_password_on_many_accounts_is_limited_by_address()
    {
        using var few = new LoginLimits(Options.Create(new RateLimitOptions()), time);
        for (var i = 0; i < 20; i++)
            Assert.Null(await FailAsync($"{i}", Home, few));

        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(40), await FailAsync(Ann, Home, few));
        Assert.Null(await FailAsync(Ann, "203.0.113.1", few));
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Null(await FailAsync(Ann, Home, few));
    }

    [Fact]
    public async Task Concurrent_attempts_are_limited_like_sequential_ones()
    {
        var attempts = new List<LoginAttempt>();
        for (var i = 0; i < 6; i++)
            attempts.Add(await limits.BeginAsync(Ann, Home, Token));

        Assert.Equal([false, false, false, false, false, true], attempts.Select(attempt => attempt.IsRefused));

        // No password was checked, because the database was unavailable or the service was overloaded.
        attempts.ForEach(attempt => attempt.Dispose());
        Assert.Null(await FailAsync(Ann, Home));
    }

    [Fact]
    public async Task Beyond_the_limits_a_known_source_can_make_one_attempt_at_a_time()
    {
        await SucceedAsync(Ann, Home);
        for (var i = 0; i < 5; i++)
            await FailAsync(Ann, Home);

        var first = await limits.BeginAsync(Ann, Home, Token);
        var waiting = Enumerable.Range(0, 8).Select(_ => limits.BeginAsync(Ann, Home, Token)).ToList();
        using var tooMany = await limits.BeginAsync(Ann, Home, Token);
        Assert.True(tooMany.IsRefused);
        Assert.DoesNotContain(waiting, attempt => attempt.IsCompleted);

        first.Dispose();
        using var second = await waiting[0];
        Assert.False(second.IsRefused);
        Assert.False(waiting[1].IsCompleted);
    }

    [Fact]
    public void A_table_is_bounded_and_evicts_the_least_recently_used_entry()
    {
        var entries = new RecentEntries<object>(capacity: 3);
        foreach (var key in (string[])["a", "b", "c"])
            entries.GetOrAdd(key);
        Assert.True(entries.TryGet("a", out var kept));

        for (var i = 0; i < 2; i++)
            entries.GetOrAdd($"{i}");

        Assert.Equal(3, entries.Count);
        Assert.Same(kept, entries.GetOrAdd("a"));
        Assert.False(entries.TryGet("b", out _));
        Assert.False(entries.TryGet("c", out _));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Tries a wrong password. Returns the wait from the response; null if the attempt failed without a delay.</summary>
    private async Task<TimeSpan?> FailAsync(string account, string address, LoginLimits? other = null)
    {
        using var attempt = await (other ?? limits).BeginAsync(account, address, Token);
        if (!attempt.IsRefused)
            attempt.Record(isValid: false);
        return attempt.RetryAfter;
    }

    /// <summary>Tries the right password, and returns whether it is accepted.</summary>
    private async Task<bool> SucceedAsync(string account, string address)
    {
        using var attempt = await limits.BeginAsync(account, address, Token);
        if (!attempt.IsRefused)
            attempt.Record(isValid: true);
        return !attempt.IsRefused;
    }
}
