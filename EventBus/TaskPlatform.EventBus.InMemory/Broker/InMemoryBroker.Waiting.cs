namespace TaskPlatform.EventBus.InMemory;

// For tests, which wait until everything has been handled.
public sealed partial class InMemoryBroker
{
    /// <summary>Waits until the groups have nothing left to do but retries that are not due yet.</summary>
    /// <param name="groups">The groups, including those that have not begun to read.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>When the next retry is due; null if none is scheduled.</returns>
    public async Task<DateTimeOffset?> WaitUntilIdleAsync(IReadOnlyCollection<ConsumerGroup> groups, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(groups);
        while (true)
        {
            Task next;
            lock (Gate)
            {
                if (!groups.Any(IsBusy))
                    return retries.TryPeek(out _, out var priority) ? priority.Due : null;
                next = Changed;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The names of the groups that have events to read or to finish, other than scheduled retries.</summary>
    public IReadOnlyList<string> BusyGroups(IReadOnlyCollection<ConsumerGroup> groups)
    {
        lock (Gate)
            return [.. groups.Where(IsBusy).Select(group => group.Name)];
    }

    private bool IsBusy(ConsumerGroup group) => group.Channels.Select(StreamNamed).Any(stream => stream.Groups.GetValueOrDefault(group.Name) is { } joined
        ? joined.Lag > 0 || joined.Pending.Values.Any(item => item.Owner != ReservedConsumers.AwaitingRetry)
        : stream.Entries.Count > 0);
}
