using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>
/// Runs a change that meets a concurrent one again, on the new state, unless the client named the version that it means. The attempts that
/// follow the first wait for each other, so that many changes of one row at the same moment are made one after the other.
/// </summary>
/// <remarks>The handler must do nothing beside the database, and read its state from there in each call.</remarks>
public sealed class ConflictRetry<TDb>(TDb db) : IEndpointFilter
    where TDb : DbContext
{
    private const int MaxRetries = 3;

    /// <inheritdoc />
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (DbUpdateConcurrencyException) when (!NamesVersion(http.Request))
        {
            // Run again below.
        }

        for (var retry = 1; ; retry++)
        {
            try
            {
                return await RetryAsync(context, next);
            }
            catch (DbUpdateConcurrencyException) when (retry < MaxRetries)
            {
                // A first attempt of another request was faster.
            }
        }
    }

    private async ValueTask<object?> RetryAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        db.ChangeTracker.Clear();
        await using var transaction = await db.Database.BeginTransactionAsync(http.RequestAborted);
        await db.LockAsync(string.Create(CultureInfo.InvariantCulture, $"{typeof(TDb).Name} {http.GetRouteValue("id")}"), http.RequestAborted);
        var result = await next(context);
        await transaction.CommitAsync(http.RequestAborted);
        return result;
    }

    private static bool NamesVersion(HttpRequest request)
        => request.Headers.IfMatch.Count > 0
            && !(EntityTagHeaderValue.TryParseList(request.Headers.IfMatch, out var tags) && tags.Contains(EntityTagHeaderValue.Any));
}
