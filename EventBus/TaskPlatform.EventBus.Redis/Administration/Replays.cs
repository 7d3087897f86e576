using System.Globalization;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Replays in Redis: copies within a stream, and the requests to the services' logs.</summary>
internal sealed class Replays(AdminCalls redis, RedisKeys keys) : IReplays
{
    private static readonly string[] Carried =
    [
        EntryFields.Data, EntryFields.AggregateVersion, EntryFields.Schema, EntryFields.TraceParent, EntryFields.TraceState,
        EntryFields.CorrelationId, EntryFields.CausationId,
    ];

    public async Task<ReplayProgress> CopyAsync(Replay replay, int limit, CancellationToken cancellationToken)
    {
        var stream = keys.Stream(StreamName.Of(replay.Type));
        var reply = (RedisResult[])(await redis.ScriptAsync(
            Script.Page, [stream], [replay.After, replay.UpTo, limit], cancellationToken))!;
        if (GapBefore(replay, (string?)reply[0], lossless: (long)reply[1] == 0) is { } gap)
            return new ReplayProgress(replay.After, 0, gap);

        var entries = (RedisResult[])reply[2]!;
        var adding = new List<Task>(entries.Length);
        foreach (var (id, fields) in entries.Select(Read))
        {
            if (!fields.ContainsKey(EntryFields.TargetGroup) && !fields.ContainsKey(EntryFields.ReplayId))
                adding.Add(redis.ExecuteAsync("XADD", cancellationToken, [stream, "*", .. CopyOf(replay, id, fields)]));
        }

        await Task.WhenAll(adding);
        return new ReplayProgress(entries.Length < limit ? null : Read(entries[^1]).Id, adding.Count, null);
    }

    public async Task<LogReplayProgress> RequestAsync(LogReplay request, CancellationToken cancellationToken)
    {
        await redis.ExecuteAsync("HSETNX", cancellationToken, keys.Replays, NameOf(request), JsonSerializer.Serialize(request));
        return ReadProgress((string?)await redis.ExecuteAsync("HGET", cancellationToken, keys.ReplayProgress, NameOf(request)));
    }

    public async Task WithdrawAsync(string replayId, CancellationToken cancellationToken)
    {
        foreach (var name in (string[])(await redis.ExecuteAsync("HKEYS", cancellationToken, keys.Replays))!)
        {
            if (!name.StartsWith($"{replayId} ", StringComparison.Ordinal))
                continue;
            await redis.ExecuteAsync("HDEL", cancellationToken, keys.Replays, name);
            await redis.ExecuteAsync("HDEL", cancellationToken, keys.ReplayProgress, name);
        }
    }

    public async Task<IReadOnlyList<(LogReplay Request, LogReplayProgress Progress)>> FindOpenAsync(
        string service, CancellationToken cancellationToken)
    {
        var requests = (string[])(await redis.ExecuteAsync("HVALS", cancellationToken, keys.Replays))!;
        var open = new List<(LogReplay, LogReplayProgress)>();
        var wanted = requests.Select(ReadRequest).OfType<LogReplay>().Where(request => request.Service == service);
        foreach (var request in wanted)
        {
            var progress = ReadProgress((string?)await redis.ExecuteAsync("HGET", cancellationToken, keys.ReplayProgress, NameOf(request)));
            if (!progress.Done)
                open.Add((request, progress));
        }

        return open;
    }

    public async Task<bool> AnswerAsync(
        LogReplay request, LogReplayProgress before, IReadOnlyList<OutgoingEvent> events, long cursor, bool done,
        CancellationToken cancellationToken)
    {
        var after = new LogReplayProgress(cursor, before.Added + events.Count, done);
        List<RedisValue> arguments = [NameOf(request), before.Cursor == 0 ? "" : Write(before), Write(after)];
        foreach (var outgoing in events)
        {
            List<RedisValue> fields = [.. EntryOf(outgoing), .. TargetOf(request.Replay, outgoing.EventId, firstEntryId: null)];
            arguments.Add(fields.Count);
            arguments.AddRange(fields);
        }

        return (long)await redis.ScriptAsync(
            Script.Answer,
            [keys.Stream(StreamName.Of(request.Replay.Type)), keys.Replays, keys.ReplayProgress],
            [.. arguments],
            cancellationToken) == 1;
    }

    /// <summary>The last entry that the stream has lost of what is wanted; null where it has lost none.</summary>
    private static string? GapBefore(Replay replay, string? first, bool lossless)
    {
        var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
        if (after >= upTo || lossless)
            return null;
        if (!EntryId.TryParse(first, out var start))
            return upTo.ToString();

        var lost = start.Previous();
        return lost <= after ? null : (lost < upTo ? lost : upTo).ToString();
    }

    private static (string Id, Dictionary<string, byte[]> Fields) Read(RedisResult item)
    {
        var entry = (RedisResult[])item!;
        var fields = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, value) in EntryReply.Fields(entry[1]))
            fields[name] = value;
        return ((string)entry[0]!, fields);
    }

    private static IEnumerable<object> CopyOf(Replay replay, string id, Dictionary<string, byte[]> fields)
    {
        foreach (var name in Carried)
        {
            if (fields.TryGetValue(name, out var value))
            {
                yield return name;
                yield return value;
            }
        }

        var known = fields.TryGetValue(EntryFields.EventId, out var text) && Guid.TryParse(Encoding.UTF8.GetString(text), out var eventId)
            ? eventId
            : DerivedEventId.Of(StreamName.Of(replay.Type), id);
        foreach (var value in TargetOf(replay, known, id))
            yield return (string)value!;
    }

    private static IEnumerable<RedisValue> EntryOf(OutgoingEvent outgoing)
    {
        IEnumerable<(string Name, RedisValue Value)> fields =
        [
            (EntryFields.Data, outgoing.Envelope),
            (EntryFields.Schema, outgoing.Schema),
            (EntryFields.CorrelationId, outgoing.CorrelationId),
            (EntryFields.AggregateVersion, outgoing.AggregateVersion),
            (EntryFields.TraceParent, outgoing.TraceParent),
            (EntryFields.TraceState, outgoing.TraceState),
            (EntryFields.CausationId, outgoing.CausationId),
        ];
        return fields.Where(field => !field.Value.IsNullOrEmpty).SelectMany(field => new RedisValue[] { field.Name, field.Value });
    }

    private static IEnumerable<RedisValue> TargetOf(Replay replay, Guid eventId, string? firstEntryId)
    {
        var id = replay.Again ? DerivedEventId.Of(replay.ReplayId, eventId.ToString()) : eventId;
        IEnumerable<RedisValue> fields =
        [
            EntryFields.EventId, id.ToString(), EntryFields.TargetGroup, replay.Group, EntryFields.ReplayId, replay.ReplayId,
        ];
        return firstEntryId is null ? fields : fields.Concat([EntryFields.FirstEntryId, firstEntryId]);
    }

    /// <summary>Null where somebody wrote anything else there.</summary>
    private static LogReplay? ReadRequest(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LogReplay>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string NameOf(LogReplay request) => $"{request.Replay.ReplayId} {request.Replay.After}";

    private static string Write(LogReplayProgress progress)
        => string.Create(CultureInfo.InvariantCulture, $"{progress.Cursor} {progress.Added} {(progress.Done ? 1 : 0)}");

    private static LogReplayProgress ReadProgress(string? text) => text?.Split(' ') is [var cursor, var added, var done]
        ? new LogReplayProgress(
            long.Parse(cursor, CultureInfo.InvariantCulture), long.Parse(added, CultureInfo.InvariantCulture), done == "1")
        : new LogReplayProgress(0, 0, false);
}
