using System.Numerics;
using System.Runtime.InteropServices;

namespace TaskPlatform.EventBus;

/// <summary>
/// Keeps checksums of the events that a group has recently handled in this process, to detect a different event with the same id when an event is
/// skipped as handled before. A fixed-size table: later events overwrite earlier ones, and nothing is allocated.
/// </summary>
internal sealed class HandledContents
{
    private const int Capacity = 8192;

    private readonly Lock gate = new();
    private readonly (Guid EventId, uint Checksum)[] known = new (Guid, uint)[Capacity];

    /// <summary>Stores the checksum of a handled event.</summary>
    public void Remember(Delivery delivery)
    {
        var checksum = ChecksumOf(delivery.Data.Span);
        lock (gate)
            SlotOf(delivery.EventId) = (delivery.EventId, checksum);
    }

    /// <summary>Whether the stored event with this id has different content. If none is stored, stores this one.</summary>
    public bool Contradicts(Delivery delivery)
    {
        var checksum = ChecksumOf(delivery.Data.Span);
        lock (gate)
        {
            ref var slot = ref SlotOf(delivery.EventId);
            if (slot.EventId == delivery.EventId)
                return slot.Checksum != checksum;
            slot = (delivery.EventId, checksum);
            return false;
        }
    }

    private ref (Guid EventId, uint Checksum) SlotOf(Guid eventId) => ref known[(uint)eventId.GetHashCode() % Capacity];

    private static uint ChecksumOf(ReadOnlySpan<byte> data)
    {
        var checksum = (uint)data.Length;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (var word in words)
            checksum = BitOperations.Crc32C(checksum, word);
        foreach (var rest in data[(words.Length * sizeof(ulong))..])
            checksum = BitOperations.Crc32C(checksum, rest);
        return checksum;
    }
}
