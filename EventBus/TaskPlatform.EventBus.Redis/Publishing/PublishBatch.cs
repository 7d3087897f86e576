using System.Diagnostics;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Events that one script adds: where the connection breaks, they are all in their streams or none is. Sent one by one, those behind
/// the break could arrive by the next connection, before the ones that were lost.
/// </summary>
internal sealed class PublishBatch
{
    /// <summary>So many, and so many characters, hold Redis up for a few milliseconds (15 µs an event in the benchmark, with its append-only file).</summary>
    private const int MaxEvents = 256;
    private const int MaxCharacters = 1024 * 1024;

    private readonly List<int> places = [];
    private readonly List<string> types = [];
    private readonly List<RedisKey> streams = [];
    private readonly List<RedisValue> arguments;
    private readonly List<Activity?> spans = [];
    private int characters;

    /// <summary>Makes room for some of so many events.</summary>
    public PublishBatch(int events)
    {
        arguments = new List<RedisValue>((Math.Min(events, MaxEvents) + 1) * PublishedFields.Head.Length);
        arguments.AddRange(PublishedFields.Head);
    }

    public bool IsFull => places.Count == MaxEvents || characters >= MaxCharacters;

    /// <summary>Adds an event.</summary>
    /// <param name="place">Where its result goes.</param>
    /// <param name="outgoing">The event.</param>
    /// <param name="stream">The key of its stream.</param>
    /// <param name="span">Ends when it is in its stream, or is not.</param>
    public void Add(int place, in OutgoingEvent outgoing, RedisKey stream, Activity? span)
    {
        places.Add(place);
        spans.Add(span);
        var key = types.IndexOf(outgoing.Type);
        if (key < 0)
        {
            key = types.Count;
            types.Add(outgoing.Type);
            streams.Add(stream);
        }

        arguments.Add(key + 1);
        PublishedFields.AddValues(outgoing, arguments);
        characters += outgoing.Envelope.Length;
    }

    /// <summary>Sends them, and tells each event's result.</summary>
    public async Task SendAsync(IDatabase redis, PublishResult[] results, CancellationToken cancellationToken)
    {
        if (places.Count == 0)
            return;

        try
        {
            var answers = (RedisResult[])(await redis.ScriptEvaluateAsync(Script.Publish, [.. streams], [.. arguments]).WaitAsync(cancellationToken))!;
            for (var i = 0; i < answers.Length; i++)
                Finish(i, results, Read((string)answers[i]!));
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException || RedisAvailability.IsUnavailable(e))
        {
            for (var i = 0; i < places.Count; i++)
                Finish(i, results, Failed(e));
        }
    }

    private void Finish(int index, PublishResult[] results, PublishResult result)
    {
        results[places[index]] = result;
        if (spans[index] is not { } span)
            return;
        if (result.Error is { } error)
            span.Fail(error);
        else
            span.SetTag("messaging.redis.stream.entry_id", result.EntryId);
        span.Dispose();
    }

    /// <summary>The id of an entry begins with a digit, an error with a word.</summary>
    private static PublishResult Read(string answer)
        => char.IsAsciiDigit(answer[0]) ? new PublishResult(answer) : Failed(new EntryRefusedException(answer));

    private static PublishResult Failed(Exception e)
        => new(null, e, Refused: e is (RedisException or EntryRefusedException) && !RedisAvailability.IsUnavailable(e));
}
