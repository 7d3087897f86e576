using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>The event that is measured with: about 250 bytes of JSON unless another size is wanted.</summary>
public sealed record Measured(int Id, string Filling) : IEvent<Measured>
{
    /// <summary>How large the JSON of an event is by default.</summary>
    public const int Bytes = 250;

    private const int BytesBesideFilling = 148;

    public static string Type => "benchmark.measured";

    public static JsonTypeInfo<Measured> JsonTypeInfo => MeasuredJson.Default.Measured;

    // Each its own aggregate: the order of one aggregate's events would only hide what the lanes can do.
    string IEvent<Measured>.AggregateId => Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>What makes an event so large, near enough.</summary>
    public static string FillingFor(int bytes) => new('x', Math.Max(0, bytes - BytesBesideFilling));

    /// <summary>An event as the log holds it.</summary>
    public static OutgoingEvent Outgoing(int id, string filling)
    {
        var eventId = Guid.CreateVersion7();
        var envelope = EventEnvelope.Write(new Measured(id, filling), TimeProvider.System.GetUtcNow());
        return new OutgoingEvent(eventId, Type, envelope, 1, 1, null, null, eventId.ToString(), null);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Measured))]
internal sealed partial class MeasuredJson : JsonSerializerContext;
