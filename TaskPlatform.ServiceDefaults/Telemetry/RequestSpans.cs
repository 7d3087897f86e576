using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using TaskPlatform.ServiceDefaults.Health;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>Gives a request's span its route as a name and its answer's status, as OpenTelemetry asks, and leaves health probes out.</summary>
internal sealed class RequestSpans(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } span)
        {
            if (HealthEndpoints.IsProbe(context.Request.Path))
            {
                Drop(span);
            }
            else
            {
                if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
                    Name(span, context.Request.Method, route);

                // Only then is the status the one that is sent, also where an exception changed it.
                context.Response.OnStarting(SetStatus, (span, context.Response));
            }
        }

        return next(context);
    }

    // The exporter looks at this flag, and spans below inherit it.
    private static void Drop(Activity span)
    {
        span.IsAllDataRequested = false;
        span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    private static void Name(Activity span, string method, string route)
    {
        span.DisplayName = $"{method} {route}";
        span.SetTag("http.route", route);
    }

    private static Task SetStatus(object state)
    {
        var (span, response) = ((Activity, HttpResponse))state;
        span.SetTag("http.response.status_code", response.StatusCode);
        if (response.StatusCode >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
            span.SetTag("error.type", response.StatusCode.ToString(CultureInfo.InvariantCulture));
        }

        return Task.CompletedTask;
    }
}
