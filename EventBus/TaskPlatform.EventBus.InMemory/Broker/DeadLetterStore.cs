using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>The dead letters, oldest first.</summary>
internal sealed class DeadLetterStore
{
    private readonly SortedDictionary<EntryId, StoredDeadLetter> deadLetters = [];
    private readonly HashSet<(string Group, Guid EventId, string Digest)> known = [];
    private EntryId lastId;

    public IEnumerable<StoredDeadLetter> All => deadLetters.Values;

    public int Count => deadLetters.Count;

    /// <summary>How many dead letters each bulk operation has processed.</summary>
    public Dictionary<string, long> Counters { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Adds a dead letter, unless the event is one already: its publisher may have published it twice. An event that has the id of another but other
    /// content is not the same, and the id of an entry that can't be read proves nothing.
    /// </summary>
    /// <returns>Whether it was added.</returns>
    public bool Add(DeadLetterRecord deadLetter, EventPosition position, string consumer, DateTimeOffset now)
    {
        (string, Guid, string)? key = deadLetter.IsUnreadable
            ? null
            : (deadLetter.Group, deadLetter.EventId, Convert.ToHexStringLower(SHA256.HashData(deadLetter.Data.Span)));
        if (key is { } one && !known.Add(one))
            return false;

        var time = new EntryId((ulong)now.ToUnixTimeMilliseconds(), 0);
        lastId = time > lastId ? time : lastId.Next()!.Value;
        deadLetters.Add(lastId, new StoredDeadLetter(lastId, DeadLetterFields.Of(deadLetter, position, consumer, now), key));
        return true;
    }

    public StoredDeadLetter? Find(EntryId id) => deadLetters.GetValueOrDefault(id);

    /// <summary>Removes a dead letter and counts that.</summary>
    /// <returns>Whether it existed.</returns>
    public bool Remove(EntryId id, string? counter)
    {
        if (!deadLetters.Remove(id, out var removed))
            return false;
        if (removed.Key is { } key)
            known.Remove(key);
        if (counter is not null)
            Counters[counter] = Counters.GetValueOrDefault(counter) + 1;
        return true;
    }
}

/// <summary>A dead letter.</summary>
internal sealed class StoredDeadLetter(EntryId id, IReadOnlyList<EntryField> fields, (string Group, Guid EventId, string Digest)? key)
{
    private readonly Dictionary<string, string> texts = fields
        .GroupBy(field => field.Name, StringComparer.Ordinal)
        .ToDictionary(field => field.Key, field => Encoding.UTF8.GetString(field.Last().Value.Span), StringComparer.Ordinal);

    public EntryId Id => id;

    public IReadOnlyList<EntryField> Fields => fields;

    public (string Group, Guid EventId, string Digest)? Key => key;

    public DeadLetterEntry Entry => DeadLetterFields.Read(id.ToString(), id.Time, texts);

    public DeadLetterDetails Details => DeadLetterFields.ReadDetails(id.ToString(), id.Time, texts);
}
