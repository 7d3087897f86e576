using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;

namespace TaskPlatform.ServiceDefaults.Http;

/// <summary>Defaults for all HTTP clients of a service.</summary>
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
                // A request that may already have had an effect must not be sent again.
                resilience.Retry.DisableForUnsafeHttpMethods();

                // One caller that exceeds a rate limit must not open the circuit for all others.
                var isFailure = resilience.CircuitBreaker.ShouldHandle;
                resilience.CircuitBreaker.ShouldHandle = async outcome
                    => outcome.Outcome.Result?.StatusCode != HttpStatusCode.TooManyRequests && await isFailure(outcome);
            });
            http.AddServiceDiscovery();
        });
    }
}
