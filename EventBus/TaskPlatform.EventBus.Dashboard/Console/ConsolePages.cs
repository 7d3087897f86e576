using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Console.Pages;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>Disables caching of pages, and shows a page with the reason while a server is unavailable.</summary>
internal sealed class ConsolePages : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // The same value as antiforgery sets, which logs a warning if it replaces a different one.
        context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store";
        try
        {
            return await next(context);
        }
        catch (EventTransportUnavailableException)
        {
            return Unavailable("Redis is unavailable", "This page works again as soon as Redis is back.");
        }
        catch (WrongKeyTypeException wrong)
        {
            return Unavailable("A Redis key has the wrong type", wrong.Message);
        }
        catch (Exception failure) when (PostgresAvailability.IsUnavailable(failure) || PostgresAvailability.IsConflict(failure))
        {
            return Unavailable("The database is unavailable", "This page works again as soon as the database is back.");
        }
    }

    public static RazorComponentResult<UnavailablePage> Unavailable(string title, string advice)
        => new(new { Title = title, Advice = advice }) { StatusCode = StatusCodes.Status503ServiceUnavailable };
}
