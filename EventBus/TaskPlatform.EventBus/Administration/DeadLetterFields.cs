using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of a dead letter, which every transport writes and reads alike.</summary>
public static class DeadLetterFields
{
    /// <summary>Stands before the name of a header that the bus does not know.</summary>
    public const string HeaderPrefix = "header:";

    /// <summary>The maximum number of headers that a reprocessed event keeps.</summary>
    public const int MaxHeaders = ForwardedHeaders.MaxCount;

    private const int MaxTextLength = 4000;

    /// <summary>What a reprocessed event takes from its dead letter, besides those headers.</summary>
    public static IReadOnlyList<string> Reprocessed { get; } =
        [EntryFields.Data, EntryFields.EventId, .. EntryFields.OfEvent, EntryFields.FirstEntryId, EntryFields.FirstFailedAt];

    /// <summary>The fields of a new dead letter.</summary>
    /// <param name="deadLetter">Its contents.</param>
    /// <param name="position">The entry that failed last.</param>
    /// <param name="consumer">The consumer that moves it.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<EntryField> Of(DeadLetterRecord deadLetter, EventPosition position, string consumer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(deadLetter);
        var failedAt = now.ToString("O", CultureInfo.InvariantCulture);
        return
        [
            Text("original_id", position.Id),
            Text("error", Cut(deadLetter.Error)),
            Text("failed_at", failedAt),
            Text("stream", position.Channel),
            Text("group", deadLetter.Group),
            Text("event_id", deadLetter.EventId.ToString()),
            Text("type", deadLetter.Type),
            new EntryField("data", deadLetter.Data),
            Text("attempts", deadLetter.Attempts.ToString(CultureInfo.InvariantCulture)),
            Text("reason", deadLetter.Reason),
            Text("exception", deadLetter.ExceptionType),
            Text("stack", Cut(deadLetter.Stack)),
            Text("consumer", consumer),
            Text("first_entry_id", deadLetter.FirstEntryId),
            Text("first_failed_at", deadLetter.FirstFailedAt ?? failedAt),
            .. ForwardedHeaders.Of(deadLetter.Fields).Select(Header),
        ];
    }

    /// <summary>What a list shows of a dead letter. Any program may have written it: a field may be missing, or anything but text.</summary>
    /// <param name="id">The id of its entry.</param>
    /// <param name="failedAt">When it was dead-lettered, by the transport's clock.</param>
    /// <param name="fields">Its fields.</param>
    public static DeadLetterEntry Read(string id, DateTimeOffset failedAt, IReadOnlyDictionary<string, string> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var stream = fields.GetValueOrDefault("stream", "");
        return new DeadLetterEntry
        {
            Id = id,
            FailedAt = failedAt,
            Type = fields.GetValueOrDefault("type") is { Length: > 0 } type ? type : StreamName.TypeOf(stream),
            Stream = stream,
            Group = fields.GetValueOrDefault("group", ""),
            Reason = fields.GetValueOrDefault("reason", ""),
            Exception = fields.GetValueOrDefault("exception", ""),
            Error = fields.GetValueOrDefault("error", ""),
            EventId = fields.GetValueOrDefault("event_id", ""),
            Attempts = int.TryParse(fields.GetValueOrDefault("attempts"), CultureInfo.InvariantCulture, out var attempts) ? attempts : null,
            OriginalId = fields.GetValueOrDefault("original_id", ""),
            FirstEntryId = fields.GetValueOrDefault("first_entry_id", ""),
            FirstFailedAt = fields.GetValueOrDefault("first_failed_at", ""),
            Consumer = fields.GetValueOrDefault("consumer", ""),
            TraceId = ActivityContext.TryParse(fields.GetValueOrDefault(EntryFields.TraceParent), null, out var created)
                ? created.TraceId.ToHexString()
                : null,
        };
    }

    /// <summary>All of a dead letter.</summary>
    /// <inheritdoc cref="Read"/>
    public static DeadLetterDetails ReadDetails(string id, DateTimeOffset failedAt, IReadOnlyDictionary<string, string> fields) => new(
        Read(id, failedAt, fields),
        fields.GetValueOrDefault(EntryFields.Data, ""),
        fields.GetValueOrDefault("stack", ""),
        fields.Where(field => field.Key is not (EntryFields.Data or "stack")).ToDictionary());

    /// <summary>A header that the bus does not know could have the name of a field above.</summary>
    private static EntryField Header(EntryField header)
        => ForwardedHeaders.IsOfEvent(header.Name) ? header : header with { Name = HeaderPrefix + header.Name };

    private static EntryField Text(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));

    private static string Cut(string text) => text.Length <= MaxTextLength ? text : string.Concat(text.AsSpan(0, MaxTextLength), "…");
}
