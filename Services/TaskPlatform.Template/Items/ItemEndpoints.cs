using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.Template.Data;

namespace TaskPlatform.Template.Items;

internal static class ItemEndpoints
{
    public sealed record Request(string? Name);

    public static void MapItems(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("", CreateAsync).WithName("CreateItem").WithSummary("Creates an item");
        routes.MapGet("/{id:long}", GetAsync).WithName("GetItem").WithSummary("Returns an item").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Created<Item>, ValidationProblem>> CreateAsync(
        Request request, TemplateDb db, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().Require(request.Name is { Length: > 0 and <= 200 }, "name", "Must have 1 to 200 characters.");
        if (errors.Any)
            return errors.ToProblem();

        var item = new Item { Name = request.Name! };
        await db.Items.AddAsync(item, cancellationToken);
        // db.Publish(new ItemCreated(item.Id, item.Name)); saved together with the item.
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/api/template/{item.Id}", item);
    }

    private static async Task<Results<Ok<Item>, NotFound>> GetAsync(long id, TemplateDb db, CancellationToken cancellationToken)
        => await db.Items.AsNoTracking().SingleOrDefaultAsync(item => item.Id == id, cancellationToken) is { } found
            ? TypedResults.Ok(found)
            : TypedResults.NotFound();
}
