using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The connection string that bypasses the pooler, for a context whose own connection string points to one.</summary>
/// <remarks>
/// Requests and handlers work through a pooler in transaction mode (pgbouncer's <c>pool_mode = transaction</c>).
/// The dispatcher does not: its advisory lock and its settings are bound to a session.
/// </remarks>
public sealed class DirectConnection<TDb>
    where TDb : DbContext
{
    /// <summary>The direct connection string. Default: null, the context's own is used.</summary>
    public string? ConnectionString { get; set; }
}
