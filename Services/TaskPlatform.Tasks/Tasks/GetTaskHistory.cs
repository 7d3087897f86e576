using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Paging;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class GetTaskHistory
{
    /// <summary>An event of the task.</summary>
    public sealed record Item(Guid EventId, string Type, long? Version, DateTimeOffset Timestamp, JsonElement Data);

    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapGet("/{id:long}/history", HandleAsync)
        .WithName(nameof(GetTaskHistory))
        .WithSummary("Lists the events of a task, oldest first, even after it was deleted")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Page<Item>>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        long id, [AsParameters] PageQuery page, TasksDb db, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (page.Validate(errors).Any)
            return errors.ToProblem();

        var after = page.After ?? 0;
        var rows = await EventsOf(db, id).Where(row => row.AggregateVersion > after).Take(page.Rows).ToListAsync(cancellationToken);
        if (rows.Count == 0 && page.After is null)
            return TaskAccess.NotFound(id);

        return TypedResults.Ok(page.ToPage(rows, row => row.AggregateVersion!.Value, Read));
    }

    /// <summary>The events of a task, ordered by version.</summary>
    public static IQueryable<EventLogRow> EventsOf(TasksDb db, long id)
    {
        var aggregateId = id.ToString(CultureInfo.InvariantCulture);
        return db.EventLog.AsNoTracking()
            .Where(row => row.AggregateType == "task" && row.AggregateId == aggregateId && row.AggregateVersion != null)
            .OrderBy(row => row.AggregateVersion);
    }

    private static Item Read(EventLogRow row)
    {
        using var envelope = JsonDocument.Parse(row.Envelope);
        return new Item(row.EventId, row.Type, row.AggregateVersion, row.CreatedAt, envelope.RootElement.GetProperty("data").Clone());
    }
}
