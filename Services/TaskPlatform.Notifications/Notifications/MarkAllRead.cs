using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class MarkAllRead
{
    private const int PageSize = 2_000;

    // Leaves room for a last step and the rest of the request below 300 ms.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMilliseconds(150);

    /// <summary>How far it got.</summary>
    /// <param name="Marked">How many were marked.</param>
    /// <param name="Remaining">How many are still unread: of those that were there when the request came.</param>
    public sealed record Response(int Marked, int Remaining);

    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapPost("/read-all", HandleAsync)
        .WithName(nameof(MarkAllRead))
        .WithSummary("Marks all my notifications as read")
        .WithDescription("The oldest first, as many as can be marked in a short time: while remaining is not 0, repeat the request.");

    private static async Task<Ok<Response>> HandleAsync(
        ClaimsPrincipal caller, NotificationsDb db, TimeProvider time, CancellationToken cancellationToken)
    {
        var (userId, now, started) = (caller.UserId, time.GetUtcNow(), time.GetTimestamp());
        var unread = db.Notifications.Where(e => e.UserId == userId && e.ReadAt == null);
        if (await unread.MaxAsync(e => (long?)e.Position, cancellationToken) is not { } newest)
            return TypedResults.Ok(new Response(Marked: 0, Remaining: 0));

        // Step by step along the index, at least one: each is committed on its own, and none looks again at what was marked before.
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
