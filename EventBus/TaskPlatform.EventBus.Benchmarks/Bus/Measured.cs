using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>The event used in measurements: about 250 bytes of JSON by default.</summary>
public sealed record Measured(int Id, string Padding) : IEvent<Measured>
{
    /// <summary>The default size of an event's JSON.</summary>
    public const int Bytes = 250;

    private const int BytesWithoutPadding = 148;

    public static string Type => "benchmark.measured";

    public static JsonTypeInfo<Measured> JsonTypeInfo => MeasuredJson.Default.Measured;

    // Each event has its own aggregate, because ordering by aggregate would limit the concurrency.
    string IEvent<Measured>.AggregateId => Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>The padding for an event of approximately the given size.</summary>
    public static string PaddingFor(int bytes) => new('x', Math.Max(0, bytes - BytesWithoutPadding));

    /// <summary>An event as read from the log.</summary>
    public static OutgoingEvent Outgoing(int id, string padding)
    {
        var eventId = Guid.CreateVersion7();
        var envelope = EventEnvelope.Write(new Measured(id, padding), TimeProvider.System.GetUtcNow());
        return new OutgoingEvent(eventId, Type, id.ToString(CultureInfo.InvariantCulture), envelope, 1, 1, null, null, eventId.ToString(), null);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Measured))]
internal sealed partial class MeasuredJson : JsonSerializerContext;
