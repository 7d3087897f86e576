using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Admin;
using TaskPlatform.Notifications.Admin.DeadLetters;
using TaskPlatform.Notifications.Console.Parts;
using TaskPlatform.ServiceDefaults.Problems;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class ShowDeadLetters
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/dead-letters", HandleAsync);

    private static async Task<Results<RazorComponentResult<DeadLettersPage>, ValidationProblem>> HandleAsync(
        [AsParameters] DeadLetterQuery query, string? after, CurrentOperator caller, IDeadLetterQueue queue, CancellationToken cancellationToken)
    {
        // A form sends what is left open as an empty text.
        var filter = Normalize(query.Filter);
        var last = string.IsNullOrEmpty(after) ? null : after;
        var errors = DeadLetterQuery.Validate(new FieldErrors(), filter).RequireEntryId(last, "after");
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
