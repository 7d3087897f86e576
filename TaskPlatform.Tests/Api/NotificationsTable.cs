using Npgsql;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>Inserts notifications directly, as any process with access to the database could.</summary>
internal static class NotificationsTable
{
    /// <summary>Inserts and commits a notification, and returns its id.</summary>
    public static async Task<long> AddNotificationAsync(this RunningServices services, long userId, string message)
    {
        await using var database = services.OpenDatabase("notifications-db");
        await using var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await connection.AddNotificationAsync(userId, message);
    }

    /// <summary>Inserts a notification in the connection's transaction, and returns its id.</summary>
    public static async Task<long> AddNotificationAsync(this NpgsqlConnection connection, long userId, string message)
    {
        await using var insert = new NpgsqlCommand(
            """
            INSERT INTO notifications (id, user_id, type, message, cause_event_id, created_at)
            VALUES (nextval('notification_ids'), $1, 'task.created', $2, gen_random_uuid(), now()) RETURNING id
            """,
            connection)
        { Parameters = { new() { Value = userId }, new() { Value = message } } };
        return (long)(await insert.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
