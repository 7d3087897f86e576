using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowAudit
{
    private const int Shown = 100;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/audit", HandleAsync);

    private static async Task<RazorComponentResult<AuditPage>> HandleAsync(
        long? after, CurrentOperator caller, DashboardDb db, CancellationToken cancellationToken)
    {
        var query = db.AdminActions.AsNoTracking();
        if (after is { } last)
            query = query.Where(action => action.Id < last);
        return new(new
        {
            Operator = caller,
            Actions = await query.OrderByDescending(action => action.Id).Take(Shown).ToListAsync(cancellationToken),
        });
    }
}
