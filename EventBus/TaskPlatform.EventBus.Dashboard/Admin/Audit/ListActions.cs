using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Audit;

internal static class ListActions
{
    private const int MaxSize = 100;

    /// <summary>An admin's action. It has no status if the process died while executing it.</summary>
    public sealed record Item(
        long ActionId, DateTimeOffset At, long UserId, string Email, string Action, string Target, string Details, int? Status);

    public sealed record Response(IReadOnlyList<Item> Items, long? Next);

    public static void Map(IEndpointRouteBuilder admin) => admin.MapGet("/audit", HandleAsync)
        .WithName(nameof(ListActions))
        .WithSummary("Lists the actions of admins, newest first");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        [Description("How many items, 1 to 100; 50 by default.")] int? limit,
        [Description("The next of the page before.")] long? after,
        DashboardDb db,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().Require(limit is null or (>= 1 and <= MaxSize), "limit", $"Must be between 1 and {MaxSize}.");
        if (errors.Any)
            return errors.ToProblem();

        var size = limit ?? AdminRules.DefaultSize;
        var query = db.AdminActions.AsNoTracking();
        if (after is { } last)
            query = query.Where(action => action.Id < last);
        var rows = await query.OrderByDescending(action => action.Id).Take(size + 1).ToListAsync(cancellationToken);
        var items = rows.Take(size).Select(row => new Item(row.Id, row.At, row.UserId, row.Email, row.Action, row.Target, row.Details, row.Status));
        return TypedResults.Ok(new Response([.. items], rows.Count > size ? rows[size - 1].Id : null));
    }
}
