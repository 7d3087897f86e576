using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>How a service treats its database; section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Database";

    /// <summary>How long a starting service waits for its database, and for another process that is migrating it. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a command may take, in whole seconds, before the request is answered with 503. Whoever waits has left by then,
    /// and what waits longer only piles up. A <c>Command Timeout</c> in the connection string wins. Default 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection, or one from the pool, is waited for, in whole seconds; a <c>Timeout</c>
    /// in the connection string wins. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many statements each connection keeps prepared, those that come again most often; a <c>Max Auto Prepare</c> in the
    /// connection string wins. 0 for a pooler in front of Postgres that gives every transaction another session. Default 100.
    /// </summary>
    [Range(0, 10_000)]
    public int PreparedStatements { get; set; } = 100;
}
