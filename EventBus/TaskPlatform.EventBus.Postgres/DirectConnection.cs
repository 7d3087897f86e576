using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>How to reach Postgres itself where the context's own connection string leads to a pooler.</summary>
/// <remarks>
/// A pooler that gives every transaction another session (pgbouncer's <c>pool_mode = transaction</c>) is fine for requests and handlers.
/// The dispatcher needs a session: its lock and its settings belong to it.
/// </remarks>
public sealed class DirectConnection<TDb>
    where TDb : DbContext
{
    /// <summary>The connection string. Default none: the context's own is used.</summary>
    public string? ConnectionString { get; set; }
}
