using Npgsql;
using NpgsqlTypes;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The statements on <c>parked_events</c>. Those that change a sequence hold its lock, so that none is left without a head that is due.</summary>
internal static class ParkedStatements
{
    private const string Columns = "aggregate_type, aggregate_id, event_id, channel, entry_id, fields, state";

    private const string Lock = "pg_advisory_xact_lock(hashtextextended('eventbus.sequence ' || $1 || ' ' || type || ' ' || id, 0))";

    /// <summary>The heads of sequences, with their positions (from 1) among those requested. While the group has nothing parked, none is looked up.</summary>
    public static NpgsqlBatchCommand FindHeads(IReadOnlyList<SequenceKey> sequences) => Command(
        """
        SELECT requested.position::int, head.event_id, head.state
        FROM unnest($2, $3) WITH ORDINALITY AS requested (type, id, position)
        CROSS JOIN LATERAL (
            SELECT event_id, state FROM parked_events
            WHERE consumer_group = $1 AND aggregate_type = requested.type AND aggregate_id = requested.id
            ORDER BY id LIMIT 1) AS head
        WHERE EXISTS (SELECT 1 FROM parked_events WHERE consumer_group = $1)
        """,
        sequences[0].Group, Texts(sequences.Select(sequence => sequence.AggregateType)), Texts(sequences.Select(sequence => sequence.AggregateId)));

    /// <summary>Locks the sequences of events, in the same order in every transaction.</summary>
    public static NpgsqlBatchCommand LockOf(IReadOnlyList<ParkedEvent> events) => Command(
        $"SELECT count({Lock}) FROM (SELECT DISTINCT type, id FROM unnest($2, $3) AS requested (type, id) ORDER BY type, id) AS sequences",
        events[0].Sequence.Group, Texts(events.Select(one => one.Sequence.AggregateType)), Texts(events.Select(one => one.Sequence.AggregateId)));

    /// <summary>Parks events whose sequences exist, unless they are parked, and selects those that are.</summary>
    public static NpgsqlBatchCommand[] Park(IReadOnlyList<ParkedEvent> events) =>
    [
        Command(
            """
            INSERT INTO parked_events (consumer_group, aggregate_type, aggregate_id, event_id, channel, entry_id, fields, state)
            SELECT $1, type, id, event_id, channel, entry_id, fields, 0
            FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY AS parked (type, id, event_id, channel, entry_id, fields, position)
            WHERE EXISTS (SELECT 1 FROM parked_events WHERE consumer_group = $1 AND aggregate_type = type AND aggregate_id = parked.id)
            ORDER BY position
            ON CONFLICT (consumer_group, event_id) DO NOTHING
            """,
            events[0].Sequence.Group, Texts(events.Select(one => one.Sequence.AggregateType)), Texts(events.Select(one => one.Sequence.AggregateId)),
            Ids(events), Texts(events.Select(one => one.Position.Channel)), Texts(events.Select(one => one.Position.Id)),
            new NpgsqlParameter { Value = events.Select(one => EntryFieldsFormat.Write(one.Fields)).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea }),
        Command("SELECT event_id FROM parked_events WHERE consumer_group = $1 AND event_id = ANY ($2)", events[0].Sequence.Group, Ids(events)),
    ];

    /// <summary>Inserts or updates an event that failed.</summary>
    public static NpgsqlBatchCommand Hold(ParkedEvent failed, TimeSpan delay) => Command(
        """
        INSERT INTO parked_events (consumer_group, aggregate_type, aggregate_id, event_id, channel, entry_id, fields, state, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $8 = 1 THEN now() + $9 END)
        ON CONFLICT (consumer_group, event_id) DO UPDATE
        SET fields = excluded.fields, state = excluded.state, due_at = excluded.due_at, deliveries = 0
        """,
        failed.Sequence.Group, Text(failed.Sequence.AggregateType), Text(failed.Sequence.AggregateId), new NpgsqlParameter<Guid> { TypedValue = failed.EventId },
        Text(failed.Position.Channel), Text(failed.Position.Id), new NpgsqlParameter<byte[]> { TypedValue = EntryFieldsFormat.Write(failed.Fields) },
        new NpgsqlParameter<int> { TypedValue = (int)failed.State }, new NpgsqlParameter<TimeSpan> { TypedValue = delay });

    /// <summary>The heads that are due, and the time until the next one.</summary>
    public static NpgsqlBatchCommand[] FindDue(string group, int max) =>
    [
        Command(
            $"""
             SELECT {Columns} FROM parked_events AS head
             WHERE consumer_group = $1 AND due_at <= now() AND NOT EXISTS (
                 SELECT 1 FROM parked_events AS earlier
                 WHERE earlier.consumer_group = $1 AND earlier.aggregate_type = head.aggregate_type AND earlier.aggregate_id = head.aggregate_id AND earlier.id < head.id)
             ORDER BY due_at
             LIMIT {max}
             """, group),
        Command("SELECT min(due_at) - now() FROM parked_events WHERE consumer_group = $1 AND due_at > now()", group),
    ];

    /// <summary>Counts a delivery; returns how many there were before.</summary>
    public static NpgsqlBatchCommand CountDelivery(ParkedEvent head) => Command(
        "UPDATE parked_events SET deliveries = deliveries + 1 WHERE consumer_group = $1 AND event_id = $2 RETURNING deliveries - 1",
        head.Sequence.Group, new NpgsqlParameter<Guid> { TypedValue = head.EventId });

    /// <summary>Removes an event, and makes the next one of its sequence due if it only waits.</summary>
    public static NpgsqlBatchCommand[] Advance(SequenceKey sequence, Guid eventId) =>
    [
        Command("DELETE FROM parked_events WHERE consumer_group = $1 AND event_id = $2", sequence.Group, new NpgsqlParameter<Guid> { TypedValue = eventId }),
        Command(
            $"""
             UPDATE parked_events SET due_at = coalesce(due_at, now())
             WHERE state = 0 AND id = (SELECT min(id) FROM parked_events WHERE consumer_group = $1 AND aggregate_type = $2 AND aggregate_id = $3)
             RETURNING {Columns}
             """,
            sequence.Group, Text(sequence.AggregateType), Text(sequence.AggregateId)),
    ];

    /// <summary>The sequences whose heads are dead letters.</summary>
    public static NpgsqlBatchCommand FindBlocked(string group, int max) => Command(
        $"""
         SELECT aggregate_type, aggregate_id, event_id, parked_at, (
             SELECT count(*) FROM parked_events AS behind
             WHERE behind.consumer_group = $1 AND behind.aggregate_type = head.aggregate_type AND behind.aggregate_id = head.aggregate_id AND behind.id > head.id)
         FROM parked_events AS head
         WHERE consumer_group = $1 AND state = 2
         ORDER BY id
         LIMIT {max}
         """, group);

    /// <summary>Reads a row of a statement that returns parked events.</summary>
    public static ParkedEvent Read(NpgsqlDataReader reader, string group) => new(
        new SequenceKey(group, reader.GetString(0), reader.GetString(1)),
        reader.GetGuid(2),
        new EventPosition(reader.GetString(3), reader.GetString(4)),
        EntryFieldsFormat.Read(reader.GetFieldValue<byte[]>(5)),
        (ParkedState)reader.GetInt32(6));

    private static NpgsqlBatchCommand Command(string text, string group, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        command.Parameters.Add(Text(group));
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<string[]> Texts(IEnumerable<string> values) => new() { TypedValue = [.. values] };

    private static NpgsqlParameter<Guid[]> Ids(IEnumerable<ParkedEvent> events) => new() { TypedValue = [.. events.Select(one => one.EventId)] };
}
