using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Subscribes to one of any number of event types with the same payload and handler.</summary>
internal sealed class KindSubscription(int kind) : Subscription
{
    public override string EventType => TypeOf(kind);

    public override Type HandlerType => typeof(InsertRow);

    public static string TypeOf(int kind) => string.Create(CultureInfo.InvariantCulture, $"benchmark.kind_{kind}");

    /// <summary>Subscribes a group to a number of event types.</summary>
    public static void AddTo(EventBusBuilder bus, int kinds)
    {
        bus.Services.AddScoped<InsertRow>();
        bus.UsePostgres<BenchmarkDb>(store => store.UseBulkInserts()).AddConsumerGroup(BenchmarkEnvironment.Group, group =>
        {
            for (var kind = 0; kind < kinds; kind++)
                group.Group.Add(new KindSubscription(kind) { UnitOfWork = UnitOfWork.Batch });
        });
    }

    /// <summary>A row of the event log for an event of a type.</summary>
    public static EventLogRow Row(int id, int kind, string padding)
    {
        var e = Measured.Outgoing(id, padding);
        return new EventLogRow
        {
            EventId = e.EventId,
            Type = TypeOf(kind),
            AggregateType = EventEnvelope.AggregateTypeOf(TypeOf(kind)),
            AggregateId = id.ToString(CultureInfo.InvariantCulture),
            AggregateVersion = 1,
            Schema = 1,
            Envelope = e.Envelope.Replace(Measured.Type, TypeOf(kind), StringComparison.Ordinal),
            CreatedAt = TimeProvider.System.GetUtcNow(),
            CorrelationId = e.CorrelationId,
        };
    }

    public override object Read(ReadOnlySpan<byte> data, long? schema) => JsonSerializer.Deserialize(data, Measured.JsonTypeInfo)!;

    public override Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => scope.GetRequiredService<InsertRow>().HandleAsync((Measured)data, context, cancellationToken);
}
