using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus;

/// <summary>
/// Options of a bus in this process; section <c>EventBus</c>, or <c>EventBuses:name</c> for a named bus. All defaults are safe for production.
/// </summary>
public sealed class EventBusOptions : IValidatableObject
{
    /// <summary>The configuration section of the default bus.</summary>
    public const string Section = "EventBus";

    /// <summary>The configuration section that has a section for each named bus.</summary>
    public const string NamedSection = "EventBuses";

    /// <summary>Prefix of every key that the transport uses, so that several platforms, or tests, can share one server. Default none.</summary>
    public string KeyPrefix { get; set; } = "";

    /// <summary>
    /// The topology, as <see cref="EventBus.Topology.Name"/> writes it: <c>PerEventType</c>, <c>PerAggregate(8)</c>. Default: what the registration says, or else
    /// <c>PerEventType</c>.
    /// </summary>
    public string? Topology { get; set; }

    /// <summary>The topology that is being replaced by it, while consumers still have to finish what was published before. Default: what the registration says, or none.</summary>
    public string? ReplacedTopology { get; set; }

    /// <summary>
    /// Identifies this process among the consumers of a group. Default: machine name, process id and a random part, which is always unique.
    /// Set it only if uniqueness is guaranteed otherwise (for example by a StatefulSet's pod name): after a restart, the process then
    /// resumes its own pending entries immediately instead of waiting for a claim.
    /// </summary>
    public string? InstanceId { get; set; }

    /// <summary>The number of retries after the first delivery before an event is dead-lettered. Default 3.</summary>
    [Range(0, 100)]
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// The delay before each retry, ±20 %. The last one applies to all further retries; zero means no delay.
    /// Default 1 s, 5 s, 30 s, which also applies if the list is empty.
    /// </summary>
    public IList<TimeSpan> RetryDelays { get; } = [];

    /// <summary>How often to check for entries to claim from dead consumers. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan ClaimInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The idle time after which an entry can be claimed. Running handlers renew their claims at a third of it. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ClaimIdle { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a process owns a channel of a group without renewing its lease, where the order is strict: a channel whose owner was killed rests for up to
    /// this long, and a quarter of it. A live process renews it four times as often. Default 8 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:05:00")]
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>The maximum number of entries that a group holds in this process, running or queued. Default 512.</summary>
    [Range(1, 100_000)]
    public int Prefetch { get; set; } = 512;

    /// <summary>The maximum number of batches that a group runs concurrently. The events of one aggregate are handled in order. Default 4.</summary>
    [Range(1, 256)]
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>
    /// The time limit of handlers whose subscription sets none. When it is exceeded, the token is cancelled and the attempt fails. Default 5 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a stopping process waits for running handlers. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a consumer may go without a read, without a known cause, before it is reported as unhealthy. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum size of an event's JSON in bytes; larger events are dead-lettered without being parsed. Default 512 KiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxEventBytes { get; set; } = 512 * 1024;

    /// <summary>
    /// The minimum age of trimmed entries. Older entries are trimmed once every group has read and acked them. Default 7 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan StreamRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a log without history keeps published events. At least <see cref="StreamRetention"/> applies. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// How long the inbox keeps the ids of handled events. Must not be less than <see cref="StreamRetention"/>, because a late redelivery
    /// would be handled again. Default 30 days.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "3650.00:00:00")]
    public TimeSpan InboxRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often streams are trimmed and old rows deleted. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "1.00:00:00")]
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The section of this bus, for messages.</summary>
    internal string Path { get; set; } = Section;

    /// <summary>Validates combinations of settings.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (InboxRetention < StreamRetention)
        {
            yield return Invalid(nameof(InboxRetention),
                $"is {InboxRetention}, less than {Path}:{nameof(StreamRetention)} ({StreamRetention}): a late redelivery would be handled again.");
        }

        if (ClaimInterval > 10 * ClaimIdle)
            yield return Invalid(nameof(ClaimInterval), $"is {ClaimInterval}, more than ten times {Path}:{nameof(ClaimIdle)} ({ClaimIdle}).");
        foreach (var (key, name) in new[] { (nameof(Topology), Topology), (nameof(ReplacedTopology), ReplacedTopology) })
        {
            if (name is not null && !IsTopology(name))
                yield return Invalid(key, $"is '{name}', which is not a topology, such as PerEventType or PerAggregate(8).");
        }

        if (RetryDelays.Any(delay => delay < TimeSpan.Zero))
            yield return Invalid(nameof(RetryDelays), "has a negative delay.");
        if (InstanceId is { } instance && string.IsNullOrWhiteSpace(instance))
            yield return Invalid(nameof(InstanceId), "is blank.");

        static bool IsTopology(string name)
        {
            try
            {
                EventBus.Topology.Parse(name);
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }

        ValidationResult Invalid(string key, string problem) => new($"{Path}:{key} {problem}", [key]);
    }
}
