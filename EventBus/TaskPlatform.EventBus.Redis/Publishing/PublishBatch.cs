using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Events that one script adds atomically: if the connection breaks, either all or none are in their streams. If they were sent one by one,
/// later events could arrive over the next connection before the lost ones are repeated.
/// </summary>
internal sealed class PublishBatch
{
    /// <summary>Limits how long a batch blocks Redis to a few milliseconds (15 µs per event in the benchmark, with the append-only file).</summary>
    private const int MaxEvents = 256;
    private const int MaxCharacters = 1024 * 1024;

    /// <summary>The number of fields and their names: the first arguments of <c>publish.lua</c>.</summary>
    private static readonly RedisValue[] Head = [PublishedFields.Names.Count, .. PublishedFields.Names.Select(name => (RedisValue)name)];

    private readonly List<int> indices = [];
    private readonly List<RedisKey> streams = [];
    private readonly List<RedisValue> arguments;
    private int characters;

    /// <summary>Creates a batch for up to the given number of events.</summary>
    public PublishBatch(int events)
    {
        arguments = new List<RedisValue>((Math.Min(events, MaxEvents) + 1) * Head.Length);
        arguments.AddRange(Head);
    }

    public bool IsFull => indices.Count == MaxEvents || characters >= MaxCharacters;

    /// <summary>Adds an event.</summary>
    /// <param name="index">The index of its result.</param>
    /// <param name="outgoing">The event.</param>
    /// <param name="stream">The key of its stream.</param>
    public void Add(int index, in OutgoingEvent outgoing, RedisKey stream)
    {
        indices.Add(index);
        var key = streams.IndexOf(stream);
        if (key < 0)
        {
            key = streams.Count;
            streams.Add(stream);
        }

        arguments.Add(key + 1);
        for (var field = 0; field < PublishedFields.Names.Count; field++)
            arguments.Add(ToArgument(PublishedFields.ValueOf(outgoing, field)));
        characters += outgoing.Envelope.Length;
    }

    /// <summary>Sends the batch and sets the result of each event.</summary>
    public async Task SendAsync(IDatabase redis, PublishResult[] results, CancellationToken cancellationToken)
    {
        if (indices.Count == 0)
            return;

        try
        {
            var replies = (RedisResult[])(await redis.ScriptEvaluateAsync(Script.Publish, [.. streams], [.. arguments]).WaitAsync(cancellationToken))!;
            for (var i = 0; i < replies.Length; i++)
                results[indices[i]] = Read((string)replies[i]!);
        }
        catch (Exception e) when (e is RedisException or OperationCanceledException || RedisAvailability.IsUnavailable(e))
        {
            foreach (var index in indices)
                results[index] = Failed(e);
        }
    }

    private static RedisValue ToArgument(FieldValue value) => value switch
    {
        { Number: { } number } => number,
        { Text: { } text } => text,
        _ => RedisValue.EmptyString,
    };

    /// <summary>Entry ids begin with a digit, errors with a word.</summary>
    private static PublishResult Read(string reply)
        => char.IsAsciiDigit(reply[0]) ? new PublishResult(reply) : Failed(new EntryRefusedException(reply));

    private static PublishResult Failed(Exception e)
        => new(null, e, Refused: e is (RedisException or EntryRefusedException) && !RedisAvailability.IsUnavailable(e));
}
