using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class CountUnread
{
    public sealed record Response(int UnreadCount);

    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapGet("/unread-count", HandleAsync)
        .WithName(nameof(CountUnread))
        .WithSummary("Counts the caller's unread notifications");

    private static async Task<Ok<Response>> HandleAsync(ClaimsPrincipal caller, NotificationsDb db, CancellationToken cancellationToken)
    {
        var userId = caller.UserId;
        return TypedResults.Ok(new Response(
            await db.Notifications.CountAsync(e => e.UserId == userId && e.ReadAt == null, cancellationToken)));
    }
}
