using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The statements on <c>inbox</c>. Those for rows of one consumer, which is the rule, send its name once.</summary>
internal static class InboxStatements
{
    /// <summary>
    /// Selects the positions (from 1) of the keys whose rows exist. One primary key lookup per key, regardless of the planner's statistics: a prepared
    /// statement may have been planned when the table was empty. <c>= ANY</c> would double the total cost of a batch in Postgres.
    /// </summary>
    public static NpgsqlBatchCommand Select(IReadOnlyList<InboxKey> keys) => Command(
        keys,
        """
        SELECT requested.position::int
        FROM unnest($2) WITH ORDINALITY AS requested (id, position)
        CROSS JOIN LATERAL (SELECT 1 FROM inbox WHERE consumer_group = $1 AND event_id = requested.id LIMIT 1) AS known
        """,
        """
        SELECT requested.position::int
        FROM unnest($1, $2) WITH ORDINALITY AS requested (consumer, id, position)
        CROSS JOIN LATERAL (SELECT 1 FROM inbox WHERE consumer_group = requested.consumer AND event_id = requested.id LIMIT 1) AS known
        """);

    /// <summary>Inserts rows, ordered by their key, so that two consumers that insert the same rows do not wait for each other.</summary>
    public static NpgsqlBatchCommand Insert(IReadOnlyList<InboxKey> keys) => Command(
        keys,
        """
        INSERT INTO inbox (consumer_group, event_id)
        SELECT $1, id FROM unnest($2) AS id ORDER BY id
        """,
        """
        INSERT INTO inbox (consumer_group, event_id)
        SELECT consumer, id FROM unnest($1, $2) AS requested (consumer, id) ORDER BY consumer, id
        """);

    private static NpgsqlBatchCommand Command(IReadOnlyList<InboxKey> keys, string ofOneConsumer, string ofSeveral)
    {
        var ids = new Guid[keys.Count];
        var isOne = true;
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = keys[i].EventId;
            isOne &= keys[i].Consumer == keys[0].Consumer;
        }

        var command = new NpgsqlBatchCommand(isOne ? ofOneConsumer : ofSeveral);
        command.Parameters.Add(isOne
            ? new NpgsqlParameter<string> { TypedValue = keys[0].Consumer }
            : new NpgsqlParameter<string[]> { TypedValue = [.. keys.Select(key => key.Consumer)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
        return command;
    }
}
