using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Copies events within a stream, and stores replay requests to the services' logs in Redis.</summary>
internal sealed class Replays(AdminCalls redis, RedisKeys keys, TimeProvider clock) : IReplays
{
    private const int MaxNameLength = 500;

    public ReplayRange RangeOf(StreamDescription stream, DateTimeOffset? from, DateTimeOffset? to)
        => ReplayPositions.RangeOf(stream, from, to, clock.GetUtcNow());

    public bool Includes(LogReplay request, string entryId, DateTimeOffset occurredAt) => ReplayPositions.Includes(request, entryId, occurredAt);

    public async Task<ReplayProgress> CopyAsync(Replay replay, int limit, CancellationToken cancellationToken)
    {
        var stream = keys.Stream(StreamName.Of(replay.Type));
        var reply = (RedisResult[])(await redis.ScriptAsync(
            Script.Page, [stream], [replay.After, replay.UpTo, limit], cancellationToken))!;
        if (ReplayPositions.GapBefore(replay, (string?)reply[0]) is { } gap)
            return new ReplayProgress(replay.After, 0, gap);

        var entries = (RedisResult[])reply[1]!;
        var adding = new List<Task>(entries.Length);
        foreach (var (id, fields) in entries.Select(Read))
        {
            if (ReplayEntry.CopyOf(replay, id, fields) is { } copy)
                adding.Add(redis.CallAsync(database => database.StreamAddAsync(stream, [.. copy.Select(field => new NameValueEntry(field.Name, field.Value))]), cancellationToken));
        }

        await Task.WhenAll(adding);
        return new ReplayProgress(entries.Length < limit ? null : Read(entries[^1]).Id, adding.Count, null);
    }

    public async Task<LogReplayProgress> RequestAsync(LogReplay request, CancellationToken cancellationToken)
    {
        await redis.CallAsync(
            database => database.HashSetAsync(keys.Replays, NameOf(request), JsonSerializer.Serialize(request), When.NotExists), cancellationToken);
        return await ProgressAsync(request, cancellationToken);
    }

    public async Task WithdrawAsync(string replayId, CancellationToken cancellationToken)
    {
        var names = await redis.CallAsync(database => database.HashKeysAsync(keys.Replays), cancellationToken);
        foreach (var name in names.Where(name => name.StartsWith($"{replayId} ")))
        {
            await redis.CallAsync(database => database.HashDeleteAsync(keys.Replays, name), cancellationToken);
            await redis.CallAsync(database => database.HashDeleteAsync(keys.ReplayProgress, name), cancellationToken);
        }
    }

    public async Task<IReadOnlyList<(LogReplay Request, LogReplayProgress Progress)>> FindOpenAsync(
        string service, CancellationToken cancellationToken)
    {
        var requests = await redis.CallAsync(database => database.HashValuesAsync(keys.Replays), cancellationToken);
        var open = new List<(LogReplay, LogReplayProgress)>();
        var wanted = requests.Select(request => ReadRequest(request!)).OfType<LogReplay>().Where(request => request.Service == service);
        foreach (var request in wanted)
        {
            var progress = await ProgressAsync(request, cancellationToken);
            if (!progress.Done)
                open.Add((request, progress));
        }

        return open;
    }

    public async Task<bool> AppendAsync(
        LogReplay request, LogReplayProgress before, IReadOnlyList<OutgoingEvent> events, long cursor, bool done,
        CancellationToken cancellationToken)
    {
        var after = new LogReplayProgress(cursor, before.Added + events.Count, done);
        List<RedisValue> arguments = [NameOf(request), before.Cursor == 0 ? "" : Write(before), Write(after)];
        foreach (var outgoing in events)
        {
            var fields = ReplayEntry.Of(request.Replay, outgoing);
            arguments.Add(2 * fields.Count);
            arguments.AddRange(EntryArguments.Of(fields));
        }

        return (long)await redis.ScriptAsync(
            Script.AppendReplay,
            [keys.Stream(StreamName.Of(request.Replay.Type)), keys.Replays, keys.ReplayProgress],
            [.. arguments],
            cancellationToken) == 1;
    }

    /// <summary>The progress of a request. Unreadable progress is removed and the request starts over; the inbox deduplicates its events.</summary>
    private async Task<LogReplayProgress> ProgressAsync(LogReplay request, CancellationToken cancellationToken)
    {
        var text = (string?)await redis.CallAsync(database => database.HashGetAsync(keys.ReplayProgress, NameOf(request)), cancellationToken);
        if (ReadProgress(text) is { } progress)
            return progress;
        if (text is not null)
            await redis.CallAsync(database => database.HashDeleteAsync(keys.ReplayProgress, NameOf(request)), cancellationToken);
        return new LogReplayProgress(0, 0, false);
    }

    private static (string Id, List<EntryField> Fields) Read(RedisResult item)
    {
        var entry = (RedisResult[])item!;
        return ((string)entry[0]!, [.. EntryReply.Fields(entry[1]).Select(field => new EntryField(field.Name, field.Value))]);
    }

    /// <summary>Null if the text is not a request; another program may have written it.</summary>
    private static LogReplay? ReadRequest(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LogReplay>(json) is
            {
                Service: not null, Rate: null or > 0,
                Replay: { ReplayId: { Length: <= MaxNameLength }, Type.Length: <= MaxNameLength, Group.Length: <= MaxNameLength },
            } request && ReplayPositions.AreValid(request)
                ? request
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string NameOf(LogReplay request) => $"{request.Replay.ReplayId} {request.Replay.After}";

    private static string Write(LogReplayProgress progress)
        => string.Create(CultureInfo.InvariantCulture, $"{progress.Cursor} {progress.Added} {(progress.Done ? 1 : 0)}");

    private static LogReplayProgress? ReadProgress(string? text)
        => text?.Split(' ') is [var cursor, var added, "0" or "1"] and [.., var done]
            && long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var row)
            && long.TryParse(added, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new LogReplayProgress(row, count, done == "1")
            : null;
}
