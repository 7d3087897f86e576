using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin;
using TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowDeadLetters
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/dead-letters", HandleAsync);

    private static async Task<Results<RazorComponentResult<DeadLettersPage>, ValidationProblem>> HandleAsync(
        [AsParameters] DeadLetterQuery query, string? after, CurrentOperator caller, IDeadLetterQueue queue, CancellationToken cancellationToken)
    {
        // Forms send unused fields as empty text.
        var filter = Normalize(query.Filter);
        var last = string.IsNullOrEmpty(after) ? null : after;
        var errors = DeadLetterQuery.Validate(new FieldErrors(), filter).RequireEntryId(last, "after", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();

        return new RazorComponentResult<DeadLettersPage>(new
        {
            Operator = caller,
            Filter = filter,
            Groups = await queue.GroupAsync(filter, cancellationToken),
            DeadLetters = await queue.ListAsync(filter, AdminRules.DefaultSize, last, cancellationToken),
        });
    }

    public static DeadLetterFilter Normalize(DeadLetterFilter filter) => filter with
    {
        Type = NullIfEmpty(filter.Type),
        Group = NullIfEmpty(filter.Group),
        Reason = NullIfEmpty(filter.Reason),
        Exception = NullIfEmpty(filter.Exception),
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
