using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>
/// The OpenID Connect configuration that Auth publishes, with its public keys. It is fetched in the background, one fetch at a time, so that
/// a request with a known key never waits for Auth. While Auth is unavailable the last configuration stays in use. Decision 0012 explains
/// why this is not <see cref="ConfigurationManager{T}"/>.
/// </summary>
internal sealed partial class AuthConfiguration(IHttpClientFactory clients, TimeProvider time, ILogger<AuthConfiguration> logger)
    : BackgroundService, IConfigurationManager<OpenIdConnectConfiguration>, IHealthCheck
{
    public const string HttpClientName = "auth-configuration";
    public const string AddressKey = "services:auth:http:0";

    // Service discovery resolves the host.
    private const string MetadataAddress = $"http://auth{TokenFormat.DiscoveryPath}";

    // The maximum time for which a withdrawn key is still trusted.
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(5);

    // Tokens with unknown key ids must not flood Auth.
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(2);

    private readonly OpenIdConnectConfigurationValidator validator = new();
    private readonly TaskCompletionSource firstFetch = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource refreshRequest = new();
    private volatile OpenIdConnectConfiguration? current;
    private volatile Exception? failure;

    /// <summary>The current configuration. Waits only for the first fetch.</summary>
    /// <exception cref="TokenKeysUnavailableException">The configuration has not been fetched yet.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (current is null)
            await firstFetch.Task.WaitAsync(cancel);
        return current ?? throw new TokenKeysUnavailableException(failure!);
    }

    /// <summary>Requests a refresh. JwtBearer calls it for a token with an unknown key.</summary>
    public void RequestRefresh() => refreshRequest.TrySetResult();

    /// <summary>Unhealthy until the first fetch, because no request can be served without keys. After that Auth may be unavailable.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(current is not null
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The token keys have not been fetched from Auth yet.", failure));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var request = refreshRequest = new TaskCompletionSource();
            await FetchAsync(stoppingToken);
            firstFetch.TrySetResult();

            await Task.Delay(MinInterval, time, stoppingToken);
            if (failure is null)
                await request.Task.WaitAsync(RefreshInterval - MinInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = clients.CreateClient(HttpClientName);
            var fetched = await OpenIdConnectConfigurationRetriever.GetAsync(MetadataAddress, new Documents(client), cancellationToken);
            if (validator.Validate(fetched) is { Succeeded: false } invalid)
                throw new InvalidOperationException(invalid.ErrorMessage);

            current = fetched;
            failure = null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (failure is null)
                LogFetchFailed(e.GetBaseException().Message);
            failure = e;
        }
    }

    // The package's HttpDocumentRetriever ignores the cancellation token, and retries a request that was answered with 503.
    private sealed class Documents(HttpClient client) : IDocumentRetriever
    {
        public Task<string> GetDocumentAsync(string address, CancellationToken cancel) => client.GetStringAsync(address, cancel);
    }

    [LoggerMessage(LogLevel.Warning, "The token keys cannot be fetched from Auth; the last ones stay in use: {Reason}")]
    private partial void LogFetchFailed(string reason);
}
