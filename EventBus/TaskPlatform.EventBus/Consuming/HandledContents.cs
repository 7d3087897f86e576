using System.Numerics;
using System.Runtime.InteropServices;

namespace TaskPlatform.EventBus;

/// <summary>
/// Remembers of the events that a group has handled lately in this process what they said, as a checksum: so that an event which is skipped because
/// its id was handled before can be told from another event under the same id. A later event takes the place of an earlier one, and nothing is allocated.
/// </summary>
internal sealed class HandledContents
{
    private const int Capacity = 8192;

    private readonly Lock gate = new();
    private readonly (Guid EventId, uint Checksum)[] known = new (Guid, uint)[Capacity];

    /// <summary>The event was handled.</summary>
    public void Remember(Delivery delivery)
    {
        var checksum = ChecksumOf(delivery.Data.Span);
        lock (gate)
            SlotOf(delivery.EventId) = (delivery.EventId, checksum);
    }

    /// <summary>Whether the event of this id that is remembered said something else; where none is, this one is from now on.</summary>
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
