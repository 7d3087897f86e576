using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Console.Parts;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class ShowAudit
{
    private const int Shown = 100;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/audit", HandleAsync);

    private static async Task<RazorComponentResult<AuditPage>> HandleAsync(
        long? after, CurrentOperator caller, NotificationsDb db, CancellationToken cancellationToken)
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
