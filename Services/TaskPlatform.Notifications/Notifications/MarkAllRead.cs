using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class MarkAllRead
{
    private const int PageSize = 2_000;

    // Leaves enough time for one more step and the rest of the request to stay below 300 ms.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMilliseconds(150);

    /// <summary>The progress.</summary>
    /// <param name="Marked">The number of notifications that were marked.</param>
    /// <param name="Remaining">The number of notifications that existed when the request arrived and are still unread.</param>
    public sealed record Response(int Marked, int Remaining);

    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapPost("/read-all", HandleAsync)
        .WithName(nameof(MarkAllRead))
        .WithSummary("Marks all notifications of the caller as read")
        .WithDescription("Marks the oldest first, within a time limit. Repeat the request until remaining is 0.");

    private static async Task<Ok<Response>> HandleAsync(
        ClaimsPrincipal caller, NotificationsDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var (userId, now, started) = (caller.UserId, time.GetUtcNow(), time.GetTimestamp());
        var unread = db.Notifications.Where(e => e.UserId == userId && e.ReadAt == null);
        if (await unread.MaxAsync(e => (long?)e.Position, cancellationToken) is not { } newest)
            return TypedResults.Ok(new Response(Marked: 0, Remaining: 0));

        // Marks at least one page along the index. Each page is committed separately, and none rereads rows that were already marked.
        unread = unread.Where(e => e.Position <= newest);
        var (marked, last) = (0, (long?)0L);
        do
        {
            var after = last;
            last = await unread.Where(e => e.Position > after).OrderBy(e => e.Position).Select(e => (long?)e.Position)
                .Skip(PageSize - 1).FirstOrDefaultAsync(cancellationToken);
            marked += await unread.Where(e => e.Position > after && (last == null || e.Position <= last))
                .ExecuteUpdateAsync(update => update.SetProperty(e => e.ReadAt, now), cancellationToken);
        }
        while (last is not null && time.GetElapsedTime(started) < TimeLimit);

        return TypedResults.Ok(new Response(marked, last is null ? 0 : await unread.CountAsync(cancellationToken)));
    }
}
