using System.Text.RegularExpressions;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin;

/// <summary>Validation rules for admin requests.</summary>
internal static partial class AdminRules
{
    public const int DefaultSize = 50;
    public const int MaxSize = 500;
    public const int MaxRate = 100_000;

    private const int MaxNameLength = 200;

    public static FieldErrors RequireLimit(this FieldErrors errors, int? limit)
        => errors.Require(limit is null or (>= 1 and <= MaxSize), "limit", $"Must be between 1 and {MaxSize}.");

    public static FieldErrors RequireEntryId(this FieldErrors errors, string? id, string field, Func<string, bool> isEntryId)
        => errors.Require(id is null || isEntryId(id), field, "Must be an entry id, for example 1735689600000-0.");

    public static FieldErrors RequireEventType(this FieldErrors errors, string? type, string field = "type")
        => errors.Require(type is null || (type.Length <= MaxNameLength && EventType().IsMatch(type)), field, "Must be an event type, for example task.created.");

    public static FieldErrors RequireName(this FieldErrors errors, string? name, string field)
        => errors.Require(
            name is not { Length: 0 or > MaxNameLength } && name?.Any(char.IsControl) != true,
            field, $"Must have 1 to {MaxNameLength} characters, without control characters.");

    public static FieldErrors RequireRate(this FieldErrors errors, int? rate)
        => errors.Require(rate is null or (>= 0 and <= MaxRate), "rate", $"Must be between 0 (no limit) and {MaxRate} per second.");

    public static FieldErrors RequireRange(this FieldErrors errors, DateTimeOffset? from, DateTimeOffset? to)
        => errors.Require(!(from >= to), "to", "Must be later than from.");

    [GeneratedRegex("^([a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*|[a-z][a-z0-9_.]*:[0-9]+)$")]
    private static partial Regex EventType();
}
