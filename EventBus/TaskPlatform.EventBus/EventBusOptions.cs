using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus;

/// <summary>How the bus behaves in this process; section <c>EventBus</c>. Every default is safe for production.</summary>
public sealed class EventBusOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventBus";

    /// <summary>Goes before every key in Redis, so that several platforms, or tests, share one server. Default none.</summary>
    public string KeyPrefix { get; set; } = "";

    /// <summary>
    /// Names this process among the consumers of a group. Default: machine, process id and a random part, so that two
    /// processes can never share a name. Set it only where something else guarantees that (a stateful set's pod name):
    /// a restarted process then takes up its own unfinished entries at once instead of waiting for a claim.
    /// </summary>
    public string? InstanceId { get; set; }

    /// <summary>Retries after the first delivery before an event is dead-lettered. Default 3.</summary>
    [Range(0, 100)]
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// The wait before each retry, ±20 %; the last one serves every further retry, zero means at once.
    /// Default 1 s, 5 s, 30 s, also where the list is empty.
    /// </summary>
    public IList<TimeSpan> RetryDelays { get; } = [];

    /// <summary>How often entries of consumers that fell silent are taken over. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan ClaimInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an entry must have been untouched to be taken over. Running handlers renew theirs at a third of it. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ClaimIdle { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How many entries a group holds in this process at a time, running and waiting. Default 512.</summary>
    [Range(1, 100_000)]
    public int Prefetch { get; set; } = 512;

    /// <summary>How many batches a group runs side by side; the events of one aggregate share a lane and keep their order. Default 4.</summary>
    [Range(1, 256)]
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>
    /// How long a handler may run, unless its subscription says otherwise. Then its token is cancelled, and the attempt has failed. Default 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a stopping process lets running handlers finish. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a consumer may go without reading, while nothing it knows of keeps it from it, before it is unhealthy. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest event, in bytes of its JSON; larger ones are dead-lettered unread. Default 512 KiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxEventBytes { get; set; } = 512 * 1024;

    /// <summary>
    /// How long a stream keeps its entries at least. Older ones are dropped once every group has read and acked them. Default 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan StreamRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long published events stay in a log that keeps no history. Never less than <see cref="StreamRetention"/>. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long a group remembers what it has handled. Never less than <see cref="StreamRetention"/>, or a late redelivery
    /// would be handled again. Default 30 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan InboxRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often streams are trimmed and old rows deleted. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "1.00:00:00")]
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What holds between the settings.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InboxRetention < StreamRetention)
        {
            yield return Wrong(nameof(InboxRetention),
                $"is {InboxRetention}, less than {Section}:{nameof(StreamRetention)} ({StreamRetention}): a late redelivery would be handled again.");
        }

        if (ClaimInterval > 10 * ClaimIdle)
            yield return Wrong(nameof(ClaimInterval), $"is {ClaimInterval}, more than ten times {Section}:{nameof(ClaimIdle)} ({ClaimIdle}).");
        if (RetryDelays.Any(delay => delay < TimeSpan.Zero))
            yield return Wrong(nameof(RetryDelays), "has a negative delay.");
        if (InstanceId is { } instance && string.IsNullOrWhiteSpace(instance))
            yield return Wrong(nameof(InstanceId), "is blank.");

        static ValidationResult Wrong(string key, string what) => new($"{Section}:{key} {what}", [key]);
    }
}
