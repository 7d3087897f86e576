using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of a published event's entry: the only list of them, which every transport writes.</summary>
public static class PublishedFields
{
    private static readonly (string Name, Func<OutgoingEvent, FieldValue> Value)[] All =
    [
        (EntryFields.Data, e => new(e.Envelope)),
        (EntryFields.EventId, e => new(e.EventId.ToString())),
        (EntryFields.Schema, e => new(Number: e.Schema)),
        (EntryFields.CorrelationId, e => new(e.CorrelationId)),
        (EntryFields.AggregateVersion, e => new(Number: e.AggregateVersion)),
        (EntryFields.TraceParent, e => new(e.TraceParent)),
        (EntryFields.TraceState, e => new(e.TraceState)),
        (EntryFields.CausationId, e => new(e.CausationId)),
    ];

    /// <summary>The names of the fields.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(field => field.Name)];

    /// <summary>The value of a field, by its index in <see cref="Names"/>.</summary>
    public static FieldValue ValueOf(in OutgoingEvent outgoing, int field) => All[field].Value(outgoing);

    /// <summary>The fields of an event, without those for which it has no value.</summary>
    public static IReadOnlyList<EntryField> Of(in OutgoingEvent outgoing)
    {
        var fields = new List<EntryField>(All.Length);
        foreach (var (name, value) in All)
        {
            if (value(outgoing).ToString() is { Length: > 0 } text)
                fields.Add(new EntryField(name, Encoding.UTF8.GetBytes(text)));
        }

        return fields;
    }
}

/// <summary>The value of a published field: text, a number, or neither. A number is not formatted, for transports that need not do that themselves.</summary>
/// <param name="Text">The text; null if it is a number, or if the event has no value.</param>
/// <param name="Number">The number; null if it is text, or if the event has no value.</param>
public readonly record struct FieldValue(string? Text = null, long? Number = null)
{
    /// <summary>The value as it is written; empty if the event has none.</summary>
    public override string ToString() => Text ?? Number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
