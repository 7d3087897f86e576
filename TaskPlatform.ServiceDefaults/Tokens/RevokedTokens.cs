using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>
/// Tokens that Auth revoked before they expired. The list is polled in the background, one fetch at a time, so that requests don't wait for
/// Auth; only the first fetch makes them wait. Decision 0018 explains what is refused while Auth is unavailable.
/// </summary>
public sealed partial class RevokedTokens(
    IHttpClientFactory clients, IOptions<RevokedTokensOptions> options, TimeProvider time, ILogger<RevokedTokens> logger)
    : BackgroundService, IHealthCheck
{
    internal const string HttpClientName = "revoked-tokens";

    // Keeps services that were started together from polling at the same moment.
    private const double Jitter = 0.1;

    // Service discovery resolves the host.
    private static readonly Uri Address = new($"http://auth{TokenFormat.RevokedTokensPath}");

    private readonly TaskCompletionSource firstFetch = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<RevocationWatch, byte> watches = [];
    private volatile Fetched? last;
    private volatile Exception? failure;

    /// <summary>Whether the list is recent enough to accept an admin's token.</summary>
    public bool IsCurrent => last is { } known && time.GetElapsedTime(known.At) <= options.Value.MaxAge;

    /// <summary>Whether the caller's token is refused, because it was revoked or has no stamp. Waits only for the first fetch.</summary>
    public async ValueTask<bool> IsRevokedAsync(ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        await firstFetch.Task.WaitAsync(cancellationToken);
        return IsRevoked(caller);
    }

    /// <summary>Whether the caller's token is refused, according to the current list.</summary>
    public bool IsRevoked(ClaimsPrincipal caller) => IsRevoked(caller.Stamp);

    /// <summary>Ensures that the list is recent enough for a request that depends on it.</summary>
    /// <exception cref="RevokedTokensUnavailableException">The list is too old.</exception>
    public void RequireCurrent()
    {
        if (!IsCurrent)
            throw new RevokedTokensUnavailableException();
    }

    /// <summary>Watches the caller's token until the watch is disposed.</summary>
    public RevocationWatch Watch(ClaimsPrincipal caller)
    {
        var watch = new RevocationWatch(caller.Stamp, ended => watches.TryRemove(ended, out _));
        watches.TryAdd(watch, 0);

        // The list may have changed since the request was authenticated.
        if (IsRevoked(watch.Stamp))
            watch.Revoke();
        return watch;
    }

    /// <summary>Degraded while admin routes answer 503.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(IsCurrent
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded("The list of revoked tokens can't be fetched from Auth; admin routes answer 503.", failure));

    /// <summary>Fetches the list once. If that fails, the last list stays in use.</summary>
    internal async Task FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            last = await GetAsync(last, cancellationToken);
            failure = null;
            await Task.WhenAll(watches.Keys.Where(watch => IsRevoked(watch.Stamp)).Select(watch => watch.RevokeAsync()));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (failure is null)
                LogFetchFailed(e.GetBaseException().Message);
            failure = e;
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Polls must not create spans.
        using var untraced = SuppressInstrumentationScope.Begin();
        while (!stoppingToken.IsCancellationRequested)
        {
            await FetchAsync(stoppingToken);
            firstFetch.TrySetResult();
            await Task.Delay(options.Value.PollInterval * (1 - Jitter + (2 * Jitter * Random.Shared.NextDouble())), time, stoppingToken);
        }
    }

    private bool IsRevoked(string? stamp) => string.IsNullOrEmpty(stamp) || last?.Stamps.Contains(stamp) == true;

    private async Task<Fetched> GetAsync(Fetched? known, CancellationToken cancellationToken)
    {
        // Taken before the request: the response doesn't include what is revoked while it is on its way.
        var at = time.GetTimestamp();
        using var client = clients.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        if (known?.Version is { } version)
            request.Headers.IfNoneMatch.Add(version);
        using var response = await client.SendAsync(request, cancellationToken);
        if (known is not null && response.StatusCode == HttpStatusCode.NotModified)
            return known with { At = at };

        var list = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<List>(cancellationToken);
        return list?.Stamps is { } stamps
            ? new Fetched(stamps.ToHashSet(StringComparer.Ordinal), response.Headers.ETag, at)
            : throw new InvalidOperationException("Auth's response is not a list of revoked tokens.");
    }

    private sealed record List(IReadOnlyList<string>? Stamps);

    private sealed record Fetched(HashSet<string> Stamps, EntityTagHeaderValue? Version, long At);

    [LoggerMessage(LogLevel.Warning, "The list of revoked tokens can't be fetched from Auth; the last one stays in use, and admin routes answer 503 once it is too old: {Reason}")]
    private partial void LogFetchFailed(string reason);
}
