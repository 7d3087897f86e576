using System.Globalization;
using System.Text;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests;

/// <summary>Makes deliveries and groups for tests.</summary>
internal static class Deliveries
{
    public const string Stream = "events:parcel.sent";

    public static EventCatalog Catalog { get; } = new EventCatalog().Add<ParcelSent>().Add<LetterLost>();

    /// <summary>A group that handles the first event only.</summary>
    public static ConsumerGroup Group(string name = "readers")
    {
        var group = new ConsumerGroup(name) { Ordering = EventOrdering.Relaxed };
        group.Add(new Subscription<ParcelSent, NoHandler>(Catalog));
        return group;
    }

    public static GroupHandlers Handlers(ConsumerGroup? group = null)
        => new(group ?? Group(), new GroupSettings(new EventBusOptions(), new ConsumerGroupOptions()));

    public static Delivery Of(int number, Guid? eventId = null) => Of(number, Json(number), eventId);

    public static Delivery Of(int number, string data, Guid? eventId = null, long prior = 0, params (string Name, string Value)[] headers)
        => Delivery.Parse(Received(number, prior, [("data", data), ("event_id", eventId?.ToString() ?? ""), .. headers]), maxBytes: 64 * 1024);

    /// <summary>A handler's call for an event, as a batch has it.</summary>
    public static WorkItem Item(int number, Guid? eventId = null) => new(new BatchEvent(Of(number, eventId), isClosed: null), Handlers().Find("parcel.sent")[0]);

    public static ReceivedEvent Received(int number, long prior = 0, params (string Name, string Value)[] fields)
        => new(new EventPosition(Stream, $"{number}-0"), [.. fields.Select(field => Field(field.Name, field.Value))], prior);

    /// <summary>The number that a delivery was made with.</summary>
    public static int NumberOf(Delivery delivery) => int.Parse(delivery.EntryId.Split('-')[0], CultureInfo.InvariantCulture);

    public static EntryField Field(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    public static string Json(int number)
        => string.Create(CultureInfo.InvariantCulture, $$"""
            {"type":"parcel.sent","aggregate_id":"{{number}}","aggregate_type":"parcel","data":{"parcel_id":{{number}}},"timestamp":"2026-01-01T00:00:00Z"}
            """);

    public static string? Text(IEnumerable<EntryField> fields, string name)
        => fields.Where(field => field.Name == name).Select(field => Encoding.UTF8.GetString(field.Value.Span)).LastOrDefault();
}
