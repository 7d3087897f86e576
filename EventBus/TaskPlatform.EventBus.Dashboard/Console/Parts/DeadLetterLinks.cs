using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace TaskPlatform.EventBus.Dashboard.Console.Parts;

/// <summary>Links to dead letters.</summary>
internal static class DeadLetterLinks
{
    private const string List = "/console/dead-letters";

    public static DeadLetterFilter FilterOf(DeadLetterGroup group) => new()
    {
        Type = NullIfEmpty(group.Type),
        Group = NullIfEmpty(group.Group),
        Exception = NullIfEmpty(group.Exception),
    };

    /// <summary>The list of the dead letters that match a filter.</summary>
    public static string Of(DeadLetterFilter filter, string? after = null)
        => QueryHelpers.AddQueryString(List, [.. Parts(filter), new("after", after)]);

    /// <summary>The page that asks for confirmation to reprocess or purge the dead letters that match a filter.</summary>
    public static string Confirm(string action, DeadLetterFilter filter) => QueryHelpers.AddQueryString($"{List}/{action}", Parts(filter));

    /// <summary>The page of a dead letter.</summary>
    public static string Of(string id) => $"{List}/{Uri.EscapeDataString(id)}";

    private static IEnumerable<KeyValuePair<string, string?>> Parts(DeadLetterFilter filter)
    {
        yield return new("type", filter.Type);
        yield return new("group", filter.Group);
        yield return new("reason", filter.Reason);
        yield return new("exception", filter.Exception);
        yield return new("from", filter.From?.ToString("O", CultureInfo.InvariantCulture));
        yield return new("to", filter.To?.ToString("O", CultureInfo.InvariantCulture));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
