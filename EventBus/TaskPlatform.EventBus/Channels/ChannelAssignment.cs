namespace TaskPlatform.EventBus;

/// <summary>
/// Spreads the channels of a group evenly over its processes. Each process calculates the same result from what all of them can see, so none has to
/// coordinate the others; leases decide where they see different things for a moment.
/// </summary>
public static class ChannelAssignment
{
    /// <summary>The process that each channel should belong to. No two processes that can read the same channels differ by more than one channel.</summary>
    /// <param name="members">The live processes of the group, with the channels that each can read.</param>
    /// <param name="holders">
    /// The process that holds each channel now. A channel stays where it is unless the spread requires a move, so that a process that comes or goes
    /// interrupts as few channels as possible.
    /// </param>
    public static IReadOnlyDictionary<string, string> Of(
        IReadOnlyDictionary<string, IReadOnlySet<string>> members, IReadOnlyDictionary<string, string> holders)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(holders);
        var owned = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var member in members.Keys)
            owned[member] = new SortedSet<string>(StringComparer.Ordinal);

        var unassigned = new List<string>();
        foreach (var channel in members.Values.SelectMany(channels => channels).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (holders.TryGetValue(channel, out var holder) && members.TryGetValue(holder, out var readable) && readable.Contains(channel))
                owned[holder].Add(channel);
            else
                unassigned.Add(channel);
        }

        foreach (var channel in unassigned)
            owned.Where(member => members[member.Key].Contains(channel)).MinBy(member => member.Value.Count).Value.Add(channel);
        while (MoveOne(members, owned))
        {
            // Until no move makes the spread more even.
        }

        return owned.SelectMany(member => member.Value.Select(channel => (channel, member.Key))).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Moves a channel from a process to one that has at least two fewer.</summary>
    private static bool MoveOne(IReadOnlyDictionary<string, IReadOnlySet<string>> members, SortedDictionary<string, SortedSet<string>> owned)
    {
        foreach (var from in owned.Values.OrderByDescending(channels => channels.Count))
        {
            foreach (var to in owned.Where(member => member.Value.Count <= from.Count - 2).OrderBy(member => member.Value.Count))
            {
                if (from.LastOrDefault(members[to.Key].Contains) is not { } channel)
                    continue;
                from.Remove(channel);
                to.Value.Add(channel);
                return true;
            }
        }

        return false;
    }
}
