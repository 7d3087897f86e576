using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Paging;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Auth.Users;

internal static class ListUsers
{
    public static void Map(IEndpointRouteBuilder users) => users.MapGet("", HandleAsync)
        .RequireAuthorization(Role.Admin)
        .WithName(nameof(ListUsers))
        .WithSummary("Lists users, newest first (admins only)");

    private static async Task<Results<Ok<Page<UserView>>, ValidationProblem>> HandleAsync(
        [AsParameters] PageQuery page, AuthDb db, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (page.Validate(errors).Any)
            return errors.ToProblem();

        var query = db.Users.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(user => user.Id < after);

        var rows = await query.OrderByDescending(user => user.Id).Take(page.Rows).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.ToPage(rows, user => user.Id, UserView.Of));
    }
}
