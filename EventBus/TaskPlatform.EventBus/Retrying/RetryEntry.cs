using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The entry that a transport adds to retry an event: the event as it was received, for one group, with one more attempt counted.</summary>
/// <param name="EventId">The event.</param>
/// <param name="Fields">Its data and headers.</param>
public sealed record RetryEntry(Guid EventId, IReadOnlyList<EntryField> Fields)
{
    /// <summary>Makes the entry.</summary>
    /// <param name="failed">The entry that waited for its retry.</param>
    /// <param name="group">The group that it failed in.</param>
    /// <param name="failedAt">When it failed.</param>
    public static RetryEntry Of(ReceivedEvent failed, string group, DateTimeOffset failedAt)
    {
        var delivery = Delivery.ParseHeaders(failed);
        return new RetryEntry(delivery.EventId,
        [
            new EntryField(EntryFields.Data, delivery.Data),
            .. ForwardedHeaders.Of(failed.Fields),
            Text(EntryFields.EventId, delivery.EventId.ToString()),
            Text(EntryFields.Attempt, (delivery.Attempt + 1).ToString(CultureInfo.InvariantCulture)),
            Text(EntryFields.TargetGroup, group),
            Text(EntryFields.FirstEntryId, delivery.FirstEntryId ?? delivery.EntryId),
            Text(EntryFields.FirstFailedAt, delivery.FirstFailedAt ?? failedAt.ToString("O", CultureInfo.InvariantCulture)),
        ]);
    }

    private static EntryField Text(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));
}
