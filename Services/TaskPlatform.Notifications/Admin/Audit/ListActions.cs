using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Paging;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Notifications.Admin.Audit;

internal static class ListActions
{
    /// <summary>What an admin did. Without a status it was begun, and its process died.</summary>
    public sealed record Item(
        long ActionId, DateTimeOffset At, long UserId, string Email, string Action, string Target, string Details, int? Status);

    public static void Map(IEndpointRouteBuilder admin) => admin.MapGet("/audit", HandleAsync)
        .WithName(nameof(ListActions))
        .WithSummary("Who did what and when, the newest first");

    private static async Task<Results<Ok<Page<Item>>, ValidationProblem>> HandleAsync(
        [AsParameters] PageQuery page, NotificationsDb db, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (page.Validate(errors).Any)
            return errors.ToProblem();

        var query = db.AdminActions.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(action => action.Id < after);
        var rows = await query.OrderByDescending(action => action.Id).Take(page.Rows).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.ToPage(rows, row => row.Id, row => new Item(
            row.Id, row.At, row.UserId, row.Email, row.Action, row.Target, row.Details, row.Status)));
    }
}
