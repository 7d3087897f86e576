using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

/// <summary>A filter for dead letters, as query parameters.</summary>
internal sealed class DeadLetterQuery
{
    [FromQuery(Name = "type"), Description("The event type, for example task.created.")]
    public string? Type { get; init; }

    [FromQuery(Name = "group"), Description("The consumer group.")]
    public string? Group { get; init; }

    [FromQuery(Name = "reason"), Description("exhausted, crash_loop, unreadable, unknown_type, unknown_schema, unknown_group or rejected.")]
    public string? Reason { get; init; }

    [FromQuery(Name = "exception"), Description("The exception's full type name.")]
    public string? Exception { get; init; }

    [FromQuery(Name = "from"), Description("Failed at this time or later.")]
    public DateTimeOffset? From { get; init; }

    [FromQuery(Name = "to"), Description("Failed before this time.")]
    public DateTimeOffset? To { get; init; }

    public DeadLetterFilter Filter => new() { Type = Type, Group = Group, Reason = Reason, Exception = Exception, From = From, To = To };

    public FieldErrors Validate(FieldErrors errors) => Validate(errors, Filter);

    public static FieldErrors Validate(FieldErrors errors, DeadLetterFilter filter) => errors
        .RequireName(filter.Type, "type")
        .RequireName(filter.Group, "group")
        .RequireName(filter.Reason, "reason")
        .RequireName(filter.Exception, "exception")
        .RequireRange(filter.From, filter.To);
}
