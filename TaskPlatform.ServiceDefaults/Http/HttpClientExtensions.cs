using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>Defaults of every HTTP client that a service creates through the factory.</summary>
internal static class HttpClientExtensions
{
    /// <summary>Adds service discovery and the standard resilience pipeline, as Aspire's service defaults do.</summary>
    public static void AddHttpClients(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(resilience =>
            {
                // A request that may have had an effect is not sent again by the client's infrastructure.
                resilience.Retry.DisableForUnsafeHttpMethods();

                // One caller over a rate limit must not open the circuit for every other one.
                var isFailure = resilience.CircuitBreaker.ShouldHandle;
                resilience.CircuitBreaker.ShouldHandle = async outcome
                    => outcome.Outcome.Result?.StatusCode != HttpStatusCode.TooManyRequests && await isFailure(outcome);
            });
            http.AddServiceDiscovery();
        });
    }
}
