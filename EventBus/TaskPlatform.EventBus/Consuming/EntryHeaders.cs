using System.Buffers.Text;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of an entry that the bus itself reads. An empty header counts as absent.</summary>
internal struct EntryHeaders
{
    /// <summary>The maximum size of a header that the bus itself reads; longer ones are truncated.</summary>
    private const int MaxTextBytes = 8 * 1024;

    private const int MaxEntryIdBytes = 200;

    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>Empty if the entry has none.</summary>
    public Guid EventId { get; private set; }

    public long? AggregateVersion { get; private set; }

    public long? Schema { get; private set; }

    public int Attempt { get; private set; }

    public string? TargetGroup { get; private set; }

    public string? FirstEntryId { get; private set; }

    public string? FirstFailedAt { get; private set; }

    public bool IsSkip { get; private set; }

    public string? TraceParent { get; private set; }

    public string? TraceState { get; private set; }

    public string? CorrelationId { get; private set; }

    /// <summary>Reads the fields up to the first one that is invalid; the data is read in any case, so that a dead letter contains it.</summary>
    /// <param name="fields">All fields of the entry.</param>
    /// <param name="problem">Why the entry is unreadable; otherwise null.</param>
    public static EntryHeaders Read(IReadOnlyList<EntryField> fields, out UnreadableEventException? problem)
    {
        var headers = default(EntryHeaders);
        var hasData = false;
        foreach (var (name, value) in fields)
        {
            if (name == EntryFields.Data)
                (headers.Data, hasData) = (value, true);
        }

        problem = hasData ? null : new UnreadableEventException("The entry has no field 'data'.");
        try
        {
            for (var i = 0; i < fields.Count && hasData; i++)
            {
                if (!fields[i].Value.IsEmpty)
                    headers.Read(fields[i].Name, fields[i].Value.Span);
            }
        }
        catch (UnreadableEventException e)
        {
            problem = e;
        }

        return headers;
    }

    private void Read(string name, ReadOnlySpan<byte> value)
    {
        switch (name)
        {
            case EntryFields.EventId: EventId = ReadGuid(value); break;
            case EntryFields.AggregateVersion: AggregateVersion = ReadNumber(name, value); break;
            case EntryFields.Schema: Schema = ReadNumber(name, value); break;
            case EntryFields.Attempt: Attempt = (int)Math.Clamp(ReadNumber(name, value), 0, int.MaxValue); break;
            case EntryFields.TargetGroup: TargetGroup = ReadText(value); break;
            case EntryFields.FirstEntryId: FirstEntryId = ReadEntryId(value); break;
            case EntryFields.FirstFailedAt: FirstFailedAt = ReadText(value); break;
            case EntryFields.Skip: IsSkip = true; break;
            case EntryFields.TraceParent: TraceParent = ReadText(value); break;
            case EntryFields.TraceState: TraceState = ReadText(value); break;
            case EntryFields.CorrelationId: CorrelationId = ReadText(value); break;
        }
    }

    private static string ReadText(ReadOnlySpan<byte> value)
        => value.Length <= MaxTextBytes ? Encoding.UTF8.GetString(value) : Encoding.UTF8.GetString(value[..MaxTextBytes]) + "…";

    /// <summary>Null if it can't be an entry id, whose form only the transport knows.</summary>
    private static string? ReadEntryId(ReadOnlySpan<byte> value)
        => value.Length <= MaxEntryIdBytes && Encoding.UTF8.GetString(value) is var text && !text.Any(char.IsControl) ? text : null;

    private static Guid ReadGuid(ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out Guid id, out var consumed) && consumed == value.Length && id != Guid.Empty
            ? id
            : throw new UnreadableEventException($"The field '{EntryFields.EventId}' is not a UUID.");

    private static long ReadNumber(string name, ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out long number, out var consumed) && consumed == value.Length
            ? number
            : throw new UnreadableEventException($"The field '{name}' is not a whole number.");
}
