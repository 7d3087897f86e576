using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Adds the bus's tables to a service's model, so that the service's migrations create them.</summary>
public static class EventBusModel
{
    /// <summary>
    /// The unique index of <c>event_log</c> on aggregate and version. It also serves queries for the events of an aggregate in version
    /// order, if they exclude events without a version.
    /// </summary>
    public const string AggregateVersionIndex = "ix_event_log_aggregate_version";

    /// <summary>Adds the table <c>event_log</c>.</summary>
    public static ModelBuilder AddEventLog(this ModelBuilder model)
    {
        model.Entity<EventLogRow>(row =>
        {
            row.ToTable("event_log");
            row.HasKey(e => e.Id);
            row.Property(e => e.Id).HasColumnName("id").UseIdentityAlwaysColumn();
            row.Property(e => e.EventId).HasColumnName("event_id");
            row.Property(e => e.Type).HasColumnName("type");
            row.Property(e => e.AggregateType).HasColumnName("aggregate_type");
            row.Property(e => e.AggregateId).HasColumnName("aggregate_id");
            row.Property(e => e.AggregateVersion).HasColumnName("aggregate_version");
            row.Property(e => e.Schema).HasColumnName("schema");
            row.Property(e => e.Envelope).HasColumnName("envelope");
            row.Property(e => e.CreatedAt).HasColumnName("created_at");
            row.Property(e => e.TraceParent).HasColumnName("traceparent");
            row.Property(e => e.TraceState).HasColumnName("tracestate");
            row.Property(e => e.CorrelationId).HasColumnName("correlation_id");
            row.Property(e => e.CausationId).HasColumnName("causation_id");
            row.Property(e => e.EntryId).HasColumnName("entry_id");
            row.Property(e => e.PublishedAt).HasColumnName("published_at");
            row.HasIndex(e => new { e.Id, e.EntryId }).HasFilter("entry_id IS NULL").HasDatabaseName("ix_event_log_waiting");
            row.HasIndex(e => new { e.AggregateType, e.AggregateId, e.AggregateVersion })
                .IsUnique().HasFilter("aggregate_version IS NOT NULL").HasDatabaseName(AggregateVersionIndex);

            // Set by the dispatcher, never by an insert.
            row.Property(e => e.EntryId).Metadata.SetBeforeSaveBehavior(PropertySaveBehavior.Ignore);
            row.Property(e => e.PublishedAt).Metadata.SetBeforeSaveBehavior(PropertySaveBehavior.Ignore);
        });
        return model;
    }

    /// <summary>Adds the table <c>parked_events</c>, which ordered groups need.</summary>
    public static ModelBuilder AddParkedEvents(this ModelBuilder model)
    {
        model.Entity<ParkedEventRow>(row =>
        {
            row.ToTable("parked_events");
            row.HasKey(e => e.Id);
            row.Property(e => e.Id).HasColumnName("id").UseIdentityAlwaysColumn();
            row.Property(e => e.ConsumerGroup).HasColumnName("consumer_group");
            row.Property(e => e.AggregateType).HasColumnName("aggregate_type");
            row.Property(e => e.AggregateId).HasColumnName("aggregate_id");
            row.Property(e => e.EventId).HasColumnName("event_id");
            row.Property(e => e.Channel).HasColumnName("channel");
            row.Property(e => e.EntryId).HasColumnName("entry_id");
            row.Property(e => e.Fields).HasColumnName("fields");
            row.Property(e => e.State).HasColumnName("state");
            row.Property(e => e.DueAt).HasColumnName("due_at");
            row.Property(e => e.Deliveries).HasColumnName("deliveries").HasDefaultValue(0L);
            row.Property(e => e.ParkedAt).HasColumnName("parked_at").HasDefaultValueSql("now()");
            row.HasIndex(e => new { e.ConsumerGroup, e.EventId }).IsUnique().HasDatabaseName("ix_parked_events_event");
            row.HasIndex(e => new { e.ConsumerGroup, e.AggregateType, e.AggregateId, e.Id }).HasDatabaseName("ix_parked_events_sequence");
            row.HasIndex(e => new { e.ConsumerGroup, e.DueAt }).HasFilter("due_at IS NOT NULL").HasDatabaseName("ix_parked_events_due");
            row.HasIndex(e => new { e.ConsumerGroup, e.Id }).HasFilter("state = 2").HasDatabaseName("ix_parked_events_blocked");
        });
        return model;
    }

    /// <summary>Adds the table <c>inbox</c>.</summary>
    public static ModelBuilder AddInbox(this ModelBuilder model)
    {
        model.Entity<InboxRow>(row =>
        {
            row.ToTable("inbox");
            row.HasKey(e => new { e.ConsumerGroup, e.EventId });
            row.Property(e => e.ConsumerGroup).HasColumnName("consumer_group");
            row.Property(e => e.EventId).HasColumnName("event_id");
            row.Property(e => e.HandledAt).HasColumnName("handled_at").HasDefaultValueSql("now()");
            row.HasIndex(e => e.HandledAt).HasMethod("brin").HasDatabaseName("ix_inbox_handled_at");
        });
        return model;
    }
}
