using System.ComponentModel;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Paging;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Notifications;

internal static class ListNotifications
{
    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapGet("", HandleAsync)
        .WithName(nameof(ListNotifications))
        .WithSummary("Lists the caller's notifications, newest first");

    private static async Task<Results<Ok<Page<NotificationView>>, ValidationProblem>> HandleAsync(
        [Description("true: only unread ones; false: only read ones.")] bool? unread,
        [AsParameters] PageQuery page,
        ClaimsPrincipal caller,
        NotificationsDb db,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (page.Validate(errors).Any)
            return errors.ToProblem();

        var userId = caller.UserId;
        var query = db.Notifications.AsNoTracking().Where(e => e.UserId == userId);
        if (unread is { } only)
            query = query.Where(e => e.ReadAt == null == only);
        if (page.After is { } after)
            query = query.Where(e => e.Position < after);

        var rows = await query.OrderByDescending(e => e.Position).Take(page.Rows).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.ToPage(rows, e => e.Position, NotificationView.Of));
    }
}
