using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Options for a service's database, in the section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Database";

    /// <summary>How long a service waits at startup for its database, and for another process that runs the migrations. Default 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The command timeout, in whole seconds, after which the request is answered with 503. By then most clients have given up, and longer waits
    /// would only use up connections. A <c>Command Timeout</c> in the connection string takes precedence. Default 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The timeout for getting a connection, new or from the pool, in whole seconds. A <c>Timeout</c> in the connection string
    /// takes precedence. Default 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum number of prepared statements per connection; the most frequently used ones are kept. A <c>Max Auto Prepare</c> in the
    /// connection string takes precedence. Set it to 0 behind a pooler in transaction mode. Default 100.
    /// </summary>
    [Range(0, 10_000)]
    public int PreparedStatements { get; set; } = 100;
}
