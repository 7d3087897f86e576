using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>
/// Retries a change on the new state after a concurrency conflict, unless the client named a version with <c>If-Match</c>. Retries of the same
/// row take a lock, so many concurrent changes of one row are made one after the other.
/// </summary>
/// <remarks>The handler must have no effects outside the database and must read its state from the database on each call.</remarks>
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
            // Retried below.
        }

        for (var retry = 1; ; retry++)
        {
            try
            {
                return await RetryAsync(context, next);
            }
            catch (DbUpdateConcurrencyException) when (retry < MaxRetries)
            {
                // The first attempt of another request committed before this retry.
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
