using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class MarkRead
{
    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapPost("/{id:long}/read", HandleAsync)
        .WithName(nameof(MarkRead))
        .WithSummary("Marks a notification of the caller as read")
        .WithDescription("Repeating it has no effect.")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<NotificationView>, ProblemHttpResult>> HandleAsync(
        long id, ClaimsPrincipal caller, NotificationsDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var userId = caller.UserId;
        var notification = await db.Notifications.SingleOrDefaultAsync(e => e.Id == id && e.UserId == userId, cancellationToken);
        if (notification is null)
            return TypedResults.Problem($"You have no notification {id}.", statusCode: StatusCodes.Status404NotFound);

        if (notification.ReadAt is null)
        {
            notification.ReadAt = time.GetUtcNow();
            await db.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.Ok(NotificationView.Of(notification));
    }
}
