using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The fields of a published event's entry.</summary>
internal static class PublishedFields
{
    private static readonly (string Name, Func<OutgoingEvent, RedisValue> Value)[] All =
    [
        (EntryFields.Data, e => e.Envelope),
        (EntryFields.EventId, e => e.EventId.ToString()),
        (EntryFields.Schema, e => e.Schema),
        (EntryFields.CorrelationId, e => e.CorrelationId),
        (EntryFields.AggregateVersion, e => e.AggregateVersion ?? RedisValue.EmptyString),
        (EntryFields.TraceParent, e => e.TraceParent ?? RedisValue.EmptyString),
        (EntryFields.TraceState, e => e.TraceState ?? RedisValue.EmptyString),
        (EntryFields.CausationId, e => e.CausationId ?? RedisValue.EmptyString),
    ];

    /// <summary>The number of fields and their names: the first arguments of <c>publish.lua</c>.</summary>
    public static RedisValue[] Head { get; } = [All.Length, .. All.Select(field => (RedisValue)field.Name)];

    /// <summary>Adds a value for each field, in the order of <see cref="Head"/>; empty if the event has none.</summary>
    public static void AddValues(OutgoingEvent outgoing, List<RedisValue> arguments)
    {
        foreach (var (_, value) in All)
            arguments.Add(value(outgoing));
    }
}
