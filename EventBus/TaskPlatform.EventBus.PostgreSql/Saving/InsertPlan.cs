using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>The insert statements and columns of an entity type, built once and cached in the model.</summary>
internal sealed class InsertPlan
{
    private const string Annotation = "TaskPlatform:InsertPlan";

    private readonly List<InsertColumn> columns;
    private readonly List<IProperty> generated;
    private readonly string rowStatement;
    private readonly string rowsStatement;

    private InsertPlan(ITable table, List<InsertColumn> columns, List<IProperty> generated, IProperty? identity, ISqlGenerationHelper sql)
    {
        this.columns = columns;
        this.generated = generated;
        Identity = identity;
        SupportsUnnest = columns.TrueForAll(column => column.SupportsUnnest);

        var names = string.Join(", ", columns.Select(column => sql.DelimitIdentifier(column.Name)));
        var target = $"INSERT INTO {sql.DelimitIdentifier(table.Name, table.Schema)} ({names})";
        var parameters = string.Join(", ", columns.Select((_, i) => $"${i + 1}"));
        var returning = identity is null ? "" : $" RETURNING {sql.DelimitIdentifier(identity.GetColumnName())}";
        rowStatement = $"{target} VALUES ({parameters}){returning}";

        // Identities are generated in the order of the entities.
        rowsStatement = identity is null
            ? $"{target} SELECT * FROM unnest({parameters})"
            : $"{target} SELECT {names} FROM unnest({parameters}) WITH ORDINALITY AS rows ({names}, position) ORDER BY position{returning}";
    }

    /// <summary>The identity column's property, which is read back; null if the table has none.</summary>
    public IProperty? Identity { get; }

    /// <summary>Whether several rows can be inserted by one statement.</summary>
    public bool SupportsUnnest { get; }

    /// <summary>The plan for an entity; null if it can't be saved by a plain insert.</summary>
    public static InsertPlan? For(IReadOnlyModificationCommand command, ISqlGenerationHelper sql)
    {
        if (command is not { EntityState: EntityState.Added, StoreStoredProcedure: null, Entries: [{ SharedIdentityEntry: null } entry] })
            return null;

        var plan = entry.EntityType.GetOrAddRuntimeAnnotationValue(Annotation, static known => Of(known.EntityType, known.sql), (entry.EntityType, sql));
        return plan is not null && plan.IsPlain(entry) ? plan : null;
    }

    /// <summary>The statement that inserts one row.</summary>
    public NpgsqlBatchCommand Insert(IUpdateEntry entry)
    {
        var command = new NpgsqlBatchCommand(rowStatement);
        foreach (var column in columns)
            command.Parameters.Add(column.Value(entry));
        return command;
    }

    /// <summary>The statement that inserts several rows. Requires <see cref="SupportsUnnest"/>.</summary>
    public NpgsqlBatchCommand Insert(IReadOnlyList<IUpdateEntry> entries)
    {
        var command = new NpgsqlBatchCommand(rowsStatement);
        foreach (var column in columns)
            command.Parameters.Add(column.Values(entries));
        return command;
    }

    /// <summary>Whether Postgres generates no value other than the identity.</summary>
    private bool IsPlain(IUpdateEntry entry)
    {
        foreach (var property in generated)
        {
            if (entry.IsStoreGenerated(property) != ReferenceEquals(property, Identity))
                return false;
        }

        return true;
    }

    private static InsertPlan? Of(IEntityType entity, ISqlGenerationHelper sql)
    {
        if (entity.BaseType is not null || entity.GetDirectlyDerivedTypes().Any() || entity.GetComplexProperties().Any()
            || entity.GetNavigations().Any(navigation => navigation.TargetEntityType.IsOwned())
            || entity.GetTableMappings().ToList() is not [{ InsertStoredProcedureMapping: null, Table: { IsShared: false } table } mapping]
            || table.Triggers.Any())
            return null;

        var columns = new List<InsertColumn>();
        var generated = new List<IProperty>();
        IProperty? identity = null;
        foreach (var column in mapping.ColumnMappings)
        {
            var property = column.Property;
            if (property.ValueGenerated.HasFlag(ValueGenerated.OnAdd))
                generated.Add(property);

            if (IsIdentity(property))
            {
                if (identity is not null)
                    return null;
                identity = property;
            }
            else if (property.GetBeforeSaveBehavior() == PropertySaveBehavior.Save)
            {
                if (InsertColumn.Of(column) is not { } written)
                    return null;
                columns.Add(written);
            }
        }

        return columns.Count > 0 ? new InsertPlan(table, columns, generated, identity, sql) : null;
    }

    private static bool IsIdentity(IProperty property)
        => property.ValueGenerated == ValueGenerated.OnAdd && property.ClrType == typeof(long)
            && property.GetValueGenerationStrategy() is NpgsqlValueGenerationStrategy.IdentityAlwaysColumn
                or NpgsqlValueGenerationStrategy.IdentityByDefaultColumn;
}
