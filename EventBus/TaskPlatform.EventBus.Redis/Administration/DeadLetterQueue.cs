using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// The dead letter queue, stored in a stream. Filters use the index; if it is unavailable, the stream is read in pages, without the
/// event data.
/// </summary>
internal sealed class DeadLetterQueue(AdminCalls redis, RedisKeys keys) : IDeadLetterQueue
{
    private readonly DeadLetterIndex index = new(redis, keys);

    private const int PageSize = 500;
    private const int MaxListedLength = 500;

    /// <summary>The number of dead letters per script call; small enough not to block Redis noticeably.</summary>
    private const int ScriptSize = 100;

    public bool IsId(string text) => EntryId.TryParse(text, out _);

    public async Task<DeadLetterPage> ListAsync(DeadLetterFilter filter, int limit, string? after, CancellationToken cancellationToken)
    {
        var range = IdRange.Of(filter);
        if (after is not null)
            range = range with { UpTo = Min(range.UpTo, EntryId.Parse(after).Previous()) };
        if (await FindAsync(filter, range, newestFirst: true, limit + 1, DeadLetterReply.Listed, cancellationToken) is { } indexed)
            return indexed.Count > limit ? new DeadLetterPage(indexed[..limit], indexed[limit - 1].Id) : new DeadLetterPage(indexed, null);

        var found = new List<DeadLetterEntry>();
        var begin = after is null ? LastOf(filter) : EntryId.Parse(after).Previous().ToString();
        while (true)
        {
            var page = await ReadAsync("XREVRANGE", begin, FirstOf(filter), PageSize, DeadLetterReply.Listed, cancellationToken);
            foreach (var deadLetter in page.Where(filter.Matches))
            {
                if (found.Count == limit)
                    return new DeadLetterPage(found, found[^1].Id);
                found.Add(deadLetter);
            }

            if (page.Count < PageSize)
                return new DeadLetterPage(found, null);
            begin = EntryId.Parse(page[^1].Id).Previous().ToString();
        }
    }

    public async Task<IReadOnlyList<DeadLetterGroup>> GroupAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var groups = new Dictionary<(string, string, string), DeadLetterGroup>();
        if (await index.CountAsync(filter, IdRange.Of(filter), cancellationToken) is { } kinds)
        {
            kinds.ForEach(Add);
        }
        else
        {
            await foreach (var deadLetter in ScanAsync(filter, upTo: null, cancellationToken))
                Add(new DeadLetterGroup(deadLetter.Type, deadLetter.Group, deadLetter.Exception, 1, deadLetter.FailedAt, deadLetter.FailedAt, deadLetter.Error));
        }

        return [.. groups.Values.OrderByDescending(group => group.Count).ThenByDescending(group => group.Newest)];

        void Add(DeadLetterGroup added)
        {
            var key = (added.Type, added.Group, added.Exception);
            groups[key] = !groups.TryGetValue(key, out var known) ? added : known with
            {
                Count = known.Count + added.Count,
                Oldest = added.Oldest < known.Oldest ? added.Oldest : known.Oldest,
                Newest = added.Newest < known.Newest ? known.Newest : added.Newest,
                LastError = added.Newest < known.Newest ? known.LastError : added.LastError,
            };
        }
    }

    public async Task<long> CountAllAsync(CancellationToken cancellationToken)
        => await redis.CallAsync(database => database.StreamLengthAsync(keys.DeadLetters), cancellationToken);

    public async Task<long> CountAsync(DeadLetterFilter filter, string upTo, CancellationToken cancellationToken)
    {
        var range = IdRange.Of(filter);
        range = range with { UpTo = Min(range.UpTo, EntryId.Parse(upTo)) };
        if (await index.CountAsync(filter, range, cancellationToken) is { } kinds)
            return kinds.Sum(kind => kind.Count);

        var count = 0L;
        await foreach (var _ in ScanAsync(filter, upTo, cancellationToken))
            count++;
        return count;
    }

    public async Task<DeadLetterDetails?> FindAsync(string id, CancellationToken cancellationToken)
        => await redis.CallAsync(database => database.StreamRangeAsync(keys.DeadLetters, id, id), cancellationToken) is [var deadLetter]
            ? DeadLetterReply.ReadDetails(deadLetter)
            : null;

    public async Task<string?> FindNewestAsync(CancellationToken cancellationToken)
        => await ReadAsync("XREVRANGE", "+", "-", 1, [], cancellationToken) is [var newest] ? newest.Id : null;

    public async Task<IReadOnlyList<ReprocessResult>> ReprocessAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => await ReprocessAsync(ids, [.. ScriptKeys, keys.Targeted], isSkip: false, cancellationToken);

    public async Task<IReadOnlyList<ReprocessResult>> SkipAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => await ReprocessAsync(ids, [.. ScriptKeys, keys.Targeted], isSkip: true, cancellationToken);

    public async Task<IReadOnlyList<bool>> DeleteAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
        => await DeleteAsync(ids, ScriptKeys, cancellationToken);

    public async Task<SweepProgress> SweepAsync(DeadLetterSweep sweep, CancellationToken cancellationToken)
    {
        var range = IdRange.Of(sweep.Filter);
        range = new IdRange(
            sweep.After is null ? range.After : Max(range.After, EntryId.Parse(sweep.After)), Min(range.UpTo, EntryId.Parse(sweep.Cutoff)));
        var begin = sweep.After is null ? FirstOf(sweep.Filter) : EntryId.Parse(sweep.After).Next()?.ToString();
        var page = await FindAsync(sweep.Filter, range, newestFirst: false, sweep.Limit, DeadLetterReply.Grouped, cancellationToken)
            ?? (begin is null ? [] : await ReadAsync("XRANGE", begin, sweep.Cutoff, sweep.Limit, DeadLetterReply.Grouped, cancellationToken));
        List<string> ids = [.. page.Where(sweep.Filter.Matches).Select(deadLetter => deadLetter.Id)];

        var (handled, refused) = (0, 0);
        if (sweep.Action == SweepAction.Reprocess)
        {
            var results = await ReprocessAsync(ids, [.. ScriptKeys, keys.Targeted, keys.SweepCounter(sweep.Counter)], isSkip: false, cancellationToken);
            handled = results.Count(result => result.Outcome == ReprocessOutcome.Reprocessed);
            refused = results.Count(result => result.Outcome is ReprocessOutcome.NoStream or ReprocessOutcome.NoGroup);
        }
        else
        {
            handled = (await DeleteAsync(ids, [.. ScriptKeys, keys.SweepCounter(sweep.Counter)], cancellationToken)).Count(deleted => deleted);
        }

        var counter = await redis.CallAsync(database => database.StringGetAsync(keys.SweepCounter(sweep.Counter)), cancellationToken);
        var total = counter.TryParse(out long counted) ? counted : 0; // Another program may have written to the key.
        return new SweepProgress(page.Count < sweep.Limit ? null : page[^1].Id, handled, refused, total);
    }

    private RedisKey[] ScriptKeys => [keys.DeadLetters, keys.DeadLetterIndex, keys.DeadLetterKinds, keys.DeadLettersByKind];

    /// <summary>Queries the index if the filter names a kind; null if the stream has to be read.</summary>
    private async Task<List<DeadLetterEntry>?> FindAsync(
        DeadLetterFilter filter, IdRange range, bool newestFirst, int limit, RedisValue[] fields, CancellationToken cancellationToken)
        => (filter.Type ?? filter.Group ?? filter.Reason ?? filter.Exception) is null
            ? null
            : await index.FindAsync(filter, range, newestFirst, limit, fields, cancellationToken);

    private async Task<List<ReprocessResult>> ReprocessAsync(
        IReadOnlyList<string> ids, RedisKey[] scriptKeys, bool isSkip, CancellationToken cancellationToken)
    {
        var results = new List<ReprocessResult>(ids.Count);
        foreach (var chunk in ids.Chunk(ScriptSize))
        {
            RedisValue[] arguments =
            [
                keys.Prefix, DeadLetterFields.HeaderPrefix, DeadLetterFields.MaxHeaders, isSkip, DeadLetterFields.Reprocessed.Count,
                .. DeadLetterFields.Reprocessed.Concat(chunk).Select(text => (RedisValue)text),
            ];
            var replies = (string[])(await redis.ScriptAsync(Script.Reprocess, scriptKeys, arguments, cancellationToken))!;
            results.AddRange(chunk.Zip(replies, ReadResult));
        }

        return results;
    }

    private static ReprocessResult ReadResult(string id, string reply) => reply switch
    {
        "gone" => new ReprocessResult(id, ReprocessOutcome.Gone, null),
        "no_stream" => new ReprocessResult(id, ReprocessOutcome.NoStream, null),
        "no_group" => new ReprocessResult(id, ReprocessOutcome.NoGroup, null),
        _ => new ReprocessResult(id, ReprocessOutcome.Reprocessed, reply),
    };

    private async Task<List<bool>> DeleteAsync(IReadOnlyList<string> ids, RedisKey[] scriptKeys, CancellationToken cancellationToken)
    {
        var results = new List<bool>(ids.Count);
        foreach (var chunk in ids.Chunk(ScriptSize))
        {
            var replies = (RedisResult[])(await redis.ScriptAsync(
                Script.Delete, scriptKeys, [.. chunk.Select(id => (RedisValue)id)], cancellationToken))!;
            results.AddRange(replies.Select(reply => (long)reply == 1));
        }

        return results;
    }

    private async IAsyncEnumerable<DeadLetterEntry> ScanAsync(
        DeadLetterFilter filter, string? upTo, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var begin = FirstOf(filter); begin is not null;)
        {
            var page = await ReadAsync("XRANGE", begin, upTo ?? LastOf(filter), PageSize, DeadLetterReply.Grouped, cancellationToken);
            foreach (var deadLetter in page.Where(filter.Matches))
                yield return deadLetter;
            begin = page.Count == PageSize ? EntryId.Parse(page[^1].Id).Next()?.ToString() : null;
        }
    }

    private async Task<List<DeadLetterEntry>> ReadAsync(
        string command, string begin, string end, int count, RedisValue[] fields, CancellationToken cancellationToken)
    {
        RedisValue[] arguments = [command, begin, end, count, MaxListedLength, .. fields];
        var reply = (RedisResult[])(await redis.ScriptAsync(Script.ListDeadLetters, [keys.DeadLetters], arguments, cancellationToken))!;
        return [.. reply.Select(DeadLetterReply.Read)];
    }

    private static EntryId Min(EntryId one, EntryId other) => one < other ? one : other;

    private static EntryId Max(EntryId one, EntryId other) => one > other ? one : other;

    private static string FirstOf(DeadLetterFilter filter) => filter.From is { } from ? Milliseconds(from) : "-";

    // As the end of a range, an id without a sequence number includes all entries of that millisecond.
    private static string LastOf(DeadLetterFilter filter) => filter.To is { } to ? Milliseconds(to) : "+";

    private static string Milliseconds(DateTimeOffset time)
        => Math.Max(0, time.ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture);
}
