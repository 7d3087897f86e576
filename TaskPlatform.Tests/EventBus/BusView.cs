using Microsoft.EntityFrameworkCore;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Inspects the streams and the database from outside, as an operator with redis-cli and psql would.</summary>
internal sealed class BusView : IAsyncDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    private readonly BusPlace place;
    private readonly ConnectionMultiplexer connection;

    private BusView(BusPlace place, ConnectionMultiplexer connection)
    {
        this.place = place;
        this.connection = connection;
    }

    public IDatabase Redis => connection.GetDatabase();

    public string Prefix => place.Prefix;

    public static async Task<BusView> OfAsync(BusPlace place)
        => new(place, await ConnectionMultiplexer.ConnectAsync($"{place.Redis},abortConnect=false"));

    /// <summary>Adds an entry, as another publisher would.</summary>
    public async Task<string> AddAsync(string stream, params RedisValue[] fields)
        => (string)(await Redis.StreamAddAsync(place.Prefix + stream, [.. fields.Chunk(2).Select(pair => new NameValueEntry(pair[0], pair[1]))]))!;

    /// <summary>The entries of a stream: their fields, and their id as <c>id</c>.</summary>
    public async Task<List<Dictionary<string, string>>> EntriesAsync(string stream)
        => [.. (await Redis.StreamRangeAsync(place.Prefix + stream)).Select(entry =>
        {
            var read = new Dictionary<string, string> { ["id"] = (string)entry.Id! };
            foreach (var field in entry.Values)
                read[(string)field.Name!] = (string)field.Value!;
            return read;
        })];

    /// <summary>Waits until there are at least the given number of dead letters.</summary>
    public Task<List<Dictionary<string, string>>> DeadLettersAsync(int count)
        => Until(() => EntriesAsync("event_dlq"), deadLetters => deadLetters.Count >= count);

    public async Task<List<Effect>> EffectsAsync()
    {
        await using var db = place.OpenDatabase();
        return await db.Effects.OrderBy(e => e.Id).ToListAsync(TestContext.Current.CancellationToken);
    }

    public async Task<int> EffectCountAsync()
    {
        await using var db = place.OpenDatabase();
        return await db.Effects.CountAsync(TestContext.Current.CancellationToken);
    }

    public async Task<List<Death>> DeathsAsync()
    {
        await using var db = place.OpenDatabase();
        return await db.Deaths.OrderBy(e => e.Id).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until all events of the log are published.</summary>
    public Task PublishedAsync() => Until(WaitingAsync, waiting => waiting == 0);

    /// <summary>Waits until the log is published, the group has read and acknowledged its whole stream, and no retry is scheduled.</summary>
    public async Task SettledAsync(string group, string eventType = "note.written")
    {
        const string open = """
            if redis.call('EXISTS', KEYS[1]) == 0 then return 'no stream' end
            local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
            for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
              local group = {}
              for i = 1, #info, 2 do group[info[i]] = info[i + 1] end
              if group.name == ARGV[1] then
                if last[1] and group['last-delivered-id'] ~= last[1][1] then return 'unread' end
                if group.pending > 0 then return group.pending .. ' pending' end
                return redis.call('ZCARD', KEYS[2]) > 0 and 'retry scheduled' or ''
              end
            end
            return 'no group'
            """;
        await Until(
            async () => await WaitingAsync() is > 0 and var waiting
                ? $"{waiting} in the log"
                : (string?)await Redis.ScriptEvaluateAsync(open, [place.Prefix + StreamName.Of(eventType), place.Prefix + "events:retry"], [group]),
            string.IsNullOrEmpty);
    }

    /// <summary>
    /// The oracle of all fault tests: in the end, every committed note is published; every event in the stream, whoever published it, has either
    /// had its effect exactly once or been dead-lettered exactly once, with exactly one call of the group's dead letter handler; and no event is
    /// pending or waiting.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="notes">The number of committed notes, if the test knows it.</param>
    /// <param name="trimmed">Whether entries may already have been trimmed from the stream.</param>
    /// <param name="others">The number of events of other streams that the group handled.</param>
    public async Task AssertExactlyOnceAsync(string group, int? notes = null, bool trimmed = false, int others = 0)
    {
        await SettledAsync(group);
        await using var db = place.OpenDatabase();
        var written = await db.Notes.Select(note => note.Id).Order().ToListAsync(TestContext.Current.CancellationToken);
        var log = await db.Set<EventLogRow>().Where(row => row.Type == "note.written").ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(notes ?? written.Count, written.Count);
        Assert.Equal(written, log.Select(row => int.Parse(row.AggregateId, System.Globalization.CultureInfo.InvariantCulture)).Order());

        var entries = await EntriesAsync("events:note.written");
        var published = entries.Select(EventId).ToHashSet();
        var logged = log.Select(row => row.EventId.ToString()).ToList();
        if (!trimmed)
            Assert.Empty(logged.Except(published));

        var all = (await EffectsAsync()).Where(effect => effect.Group == group).ToList();
        var effects = all.Where(effect => effect.Text != ObeyNote.Erased).Select(effect => effect.EventId.ToString());
        Assert.Equal(others, all.Count(effect => effect.Text == ObeyNote.Erased));
        var dead = (await EntriesAsync("event_dlq")).Where(deadLetter => deadLetter["group"] == group).Select(deadLetter => deadLetter["event_id"]).Order().ToList();
        Assert.Equal(published.Union(logged).Order(), effects.Concat(dead).Order());
        Assert.Equal(dead, (await DeathsAsync()).Where(death => death.Group == group).Select(death => death.EventId.ToString()).Order());
    }

    /// <summary>Asserts that in the end every revision of each note was handled once, in order.</summary>
    public async Task AssertRevisedInOrderAsync(string group, int notes, int revisions)
    {
        foreach (var channel in Topology.Parse(place.Topology ?? Topology.PerEventType.Name).ChannelsOf([NoteRevised.Type]))
            await SettledAsync(group, StreamName.TypeOf(channel));
        var effects = (await EffectsAsync()).Where(effect => effect.Group == group).ToLookup(effect => effect.NoteId, effect => effect.Text);
        Assert.Equal(Enumerable.Range(1, notes), effects.Select(note => note.Key).Order());
        Assert.All(effects, note => Assert.Equal(
            Enumerable.Range(1, revisions).Select(revision => revision.ToString(System.Globalization.CultureInfo.InvariantCulture)), note));
    }

    /// <summary>The instance of the process that owns a channel of a group; empty if none does.</summary>
    public async Task<string> OwnerAsync(string group, string eventType)
    {
        var lease = (string?)await Redis.HashGetAsync(place.Prefix + $"events:leases:{group}", $"lease:{StreamName.Of(eventType)}");
        return lease is null ? "" : lease[(lease.LastIndexOf(':') + 1)..];
    }

    /// <summary>The instances of the processes that have joined a group.</summary>
    public async Task<List<string>> MembersAsync(string group)
        => [.. (await Redis.HashKeysAsync(place.Prefix + $"events:leases:{group}")).Select(field => (string)field!)
            .Where(field => field.StartsWith("member:", StringComparison.Ordinal)).Select(field => field[(field.LastIndexOf(':') + 1)..])];

    private static string EventId(Dictionary<string, string> entry)
        => Guid.TryParse(entry.GetValueOrDefault("event_id"), out var id) ? id.ToString() : DerivedEventId.Of("events:note.written", entry["id"]).ToString();

    /// <summary>Waits until a note is committed.</summary>
    public Task NoteAsync(int id)
        => Until(
            async () =>
            {
                await using var db = place.OpenDatabase();
                return await db.Notes.AnyAsync(note => note.Id == id, TestContext.Current.CancellationToken);
            },
            committed => committed);

    /// <summary>Waits until the given number of notes is committed.</summary>
    public Task<int> NotesAsync(int count)
        => Until(
            async () =>
            {
                await using var db = place.OpenDatabase();
                return await db.Notes.CountAsync(TestContext.Current.CancellationToken);
            },
            notes => notes >= count);

    /// <summary>The number of rows in the inbox and the log.</summary>
    public async Task<(int Inbox, int Log)> RowsAsync()
    {
        await using var db = place.OpenDatabase();
        return (await db.Set<InboxRow>().CountAsync(TestContext.Current.CancellationToken),
            await db.Set<EventLogRow>().CountAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Waits until a group has the given number of pending entries.</summary>
    public Task<int> PendingAsync(string group, int count)
        => Until(
            async () => await Redis.KeyExistsAsync(NotesKey)
                ? (await Redis.StreamGroupInfoAsync(NotesKey)).Where(info => info.Name == group).Sum(info => info.PendingMessageCount)
                : 0,
            pending => pending >= count);

    /// <summary>The consumers of a group.</summary>
    public async Task<List<string>> ConsumersAsync(string group)
        => [.. (await Redis.StreamConsumerInfoAsync(NotesKey, group)).Select(consumer => consumer.Name)];

    /// <summary>Waits until a stream has the given number of groups.</summary>
    public Task GroupsAsync(string eventType, int count)
        => Until(
            async () => await Redis.KeyExistsAsync(place.Prefix + $"events:{eventType}")
                ? (await Redis.StreamGroupInfoAsync(place.Prefix + $"events:{eventType}")).Length
                : 0,
            groups => groups == count);

    private string NotesKey => place.Prefix + "events:note.written";

    /// <summary>Asserts that no attempt was used up: no retry was done or scheduled, and there is no dead letter.</summary>
    public async Task AssertNoAttemptSpentAsync()
    {
        Assert.DoesNotContain(await EntriesAsync("events:note.written"), entry => entry.ContainsKey("attempt"));
        Assert.Equal(0, await Redis.SortedSetLengthAsync(place.Prefix + "events:retry"));
        Assert.Empty(await EntriesAsync("event_dlq"));
    }

    /// <summary>The number of entries in the stream of notes, which exceeds the number of events if some were retried or published twice.</summary>
    public async Task<int> DeliveriesAsync() => (await EntriesAsync("events:note.written")).Count;

    public async Task<int> WaitingAsync()
    {
        await using var db = place.OpenDatabase();
        return await db.Set<EventLogRow>().CountAsync(row => row.EntryId == null, TestContext.Current.CancellationToken);
    }

    /// <summary>Calls a callback for each message of a channel from now on.</summary>
    public Task ListenAsync(string channel, Action onMessage)
        => connection.GetSubscriber().SubscribeAsync(new RedisChannel(place.Prefix + channel, RedisChannel.PatternMode.Literal), (_, _) => onMessage());

    /// <summary>
    /// Polls until a condition holds, because other processes send no signals to the test. A poll is repeated if it fails because this connection
    /// to Redis isn't restored yet, even if the one of the process under test is.
    /// </summary>
    public static async Task<T> Until<T>(Func<Task<T>> look, Func<T, bool> done)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeLimit);
        object? last = "no answer";
        while (true)
        {
            try
            {
                var found = await look().WaitAsync(limit.Token);
                if (done(found))
                    return found;
                last = found;
            }
            catch (Exception away) when (away is RedisConnectionException or RedisTimeoutException && !limit.IsCancellationRequested)
            {
                last = away.Message;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                // Reported below.
            }

            if (limit.IsCancellationRequested)
                throw new TimeoutException($"After {TimeLimit.TotalSeconds} s it is still: {(last is IEnumerable<string> texts ? $"[{string.Join(" | ", texts)}]" : last)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync() => await connection.CloseAsync();
}
