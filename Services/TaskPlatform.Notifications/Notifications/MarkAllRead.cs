using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class MarkAllRead
{
    public sealed record Response(int Marked);

    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapPost("/read-all", HandleAsync)
        .WithName(nameof(MarkAllRead))
        .WithSummary("Marks all my notifications as read");

    private static async Task<Ok<Response>> HandleAsync(
        ClaimsPrincipal caller, NotificationsDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var (userId, now) = (caller.UserId, time.GetUtcNow());
        return TypedResults.Ok(new Response(await db.Notifications
            .Where(e => e.UserId == userId && e.ReadAt == null)
            .ExecuteUpdateAsync(update => update.SetProperty(e => e.ReadAt, now), cancellationToken)));
    }
}
