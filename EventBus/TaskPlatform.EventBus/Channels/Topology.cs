using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;

namespace TaskPlatform.EventBus;

/// <summary>Decides on which channel an event is published. All processes of a bus have the same topology.</summary>
public abstract partial class Topology
{
    /// <summary>The highest number of partitions of an aggregate type.</summary>
    public const int MaxPartitions = 1024;

    private protected Topology(string name) => Name = name;

    /// <summary>The name, as in the configuration: <c>PerEventType</c>, <c>PerAggregate(8)</c>, <c>PerAggregate(16, version 2)</c>.</summary>
    public string Name { get; }

    /// <summary>
    /// A channel for each event type: <c>events:task.created</c>. Events of an aggregate are in order within their type. This is the default.
    /// </summary>
    public static Topology PerEventType { get; } = new EventTypeTopology();

    /// <summary>
    /// Channels for each aggregate type, which contain all of its event types: <c>events:{task:0}</c>, <c>events:{task:1}</c>… All events of an aggregate are on one
    /// channel, in order. The partition is the CRC-32 of the aggregate id, modulo their number, as with librdkafka's partitioner <c>consistent</c>.
    /// </summary>
    /// <param name="partitions">The number of channels of each aggregate type, from 1 to <see cref="MaxPartitions"/>.</param>
    /// <param name="version">
    /// Raised when <paramref name="partitions"/> changes, so that a channel of the new topology is never one of the old: <c>events:{task.v2:0}</c>. Default 1.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static Topology PerAggregate(int partitions, int version = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partitions, MaxPartitions);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        return new AggregateTopology(partitions, version);
    }

    /// <summary>Reads a <see cref="Name"/>.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static Topology Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (string.Equals(name, PerEventType.Name, StringComparison.OrdinalIgnoreCase))
            return PerEventType;
        var match = AggregateName().Match(name);
        return match.Success
            && int.TryParse(match.Groups["partitions"].ValueSpan, CultureInfo.InvariantCulture, out var partitions) && partitions is >= 1 and <= MaxPartitions
            && int.TryParse(match.Groups["version"] is { Success: true } given ? given.ValueSpan : "1", CultureInfo.InvariantCulture, out var version) && version >= 1
            ? PerAggregate(partitions, version)
            : throw new FormatException($"'{name}' is not a topology, such as PerEventType, PerAggregate(8) or PerAggregate(16, version 2).");
    }

    /// <summary>The channel of an event.</summary>
    public abstract string ChannelOf(string eventType, string aggregateId);

    /// <summary>All channels on which events of these types can be.</summary>
    public abstract IReadOnlyList<string> ChannelsOf(IEnumerable<string> eventTypes);

    /// <summary>Whether events of a type belong on a channel.</summary>
    public abstract bool Accepts(string channel, string eventType);

    /// <inheritdoc/>
    public override string ToString() => Name;

    [GeneratedRegex("^PerAggregate\\(\\s*(?<partitions>[0-9]{1,4})\\s*(,\\s*version\\s+(?<version>[0-9]{1,6})\\s*)?\\)$", RegexOptions.IgnoreCase)]
    private static partial Regex AggregateName();

    private sealed class EventTypeTopology() : Topology("PerEventType")
    {
        private readonly ConcurrentDictionary<string, string> channels = new(StringComparer.Ordinal);

        public override string ChannelOf(string eventType, string aggregateId) => channels.GetOrAdd(eventType, StreamName.Of);

        public override IReadOnlyList<string> ChannelsOf(IEnumerable<string> eventTypes) => [.. eventTypes.Select(StreamName.Of).Distinct(StringComparer.Ordinal)];

        public override bool Accepts(string channel, string eventType) => StreamName.IsOf(channel, eventType);
    }

    private sealed class AggregateTopology(int partitions, int version)
        : Topology(version == 1 ? $"PerAggregate({partitions})" : $"PerAggregate({partitions}, version {version})")
    {
        private readonly ConcurrentDictionary<string, string[]> channels = new(StringComparer.Ordinal);

        public override string ChannelOf(string eventType, string aggregateId) => ChannelsOf(eventType)[PartitionOf(aggregateId)];

        public override IReadOnlyList<string> ChannelsOf(IEnumerable<string> eventTypes)
            => [.. eventTypes.SelectMany(ChannelsOf).Distinct(StringComparer.Ordinal)];

        public override bool Accepts(string channel, string eventType) => ChannelsOf(eventType).Contains(channel);

        private string[] ChannelsOf(string eventType) => channels.GetOrAdd(EventEnvelope.AggregateTypeOf(eventType), type =>
        {
            var name = version == 1 ? type : string.Create(CultureInfo.InvariantCulture, $"{type}.v{version}");
            return [.. Enumerable.Range(0, partitions).Select(partition => StreamName.Of(string.Create(CultureInfo.InvariantCulture, $"{name}:{partition}")))];
        });

        private int PartitionOf(string aggregateId)
        {
            Span<byte> bytes = stackalloc byte[1024];
            return Encoding.UTF8.TryGetBytes(aggregateId, bytes, out var length)
                ? (int)(Crc32.HashToUInt32(bytes[..length]) % (uint)partitions)
                : (int)(Crc32.HashToUInt32(Encoding.UTF8.GetBytes(aggregateId)) % (uint)partitions);
        }
    }
}
