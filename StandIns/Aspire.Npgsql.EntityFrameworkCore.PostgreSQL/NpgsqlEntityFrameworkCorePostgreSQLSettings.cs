namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>
/// How to use a database, read from the section <c>Aspire:Npgsql:EntityFrameworkCore:PostgreSQL</c> and below it
/// <c>:{connectionName}</c> and <c>:{the context's name}</c>.
/// </summary>
public class NpgsqlEntityFrameworkCorePostgreSQLSettings
{
    /// <summary><c>Host=…;Port=…;Username=…;Password=…;Database=…</c>. <c>ConnectionStrings:{connectionName}</c> wins.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves out the retries on transient errors. Default: false.</summary>
    public bool DisableRetry { get; set; }

    /// <summary>Leaves out the health check. Default: false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves out Npgsql's spans. Default: false.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Leaves out Npgsql's metrics. Default: false.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>Seconds a command may take; null: Npgsql's own default.</summary>
    public int? CommandTimeout { get; set; }
}
