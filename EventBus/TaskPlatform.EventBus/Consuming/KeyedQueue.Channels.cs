using System.Runtime.InteropServices;

namespace TaskPlatform.EventBus;

/// <content>Channels that another process owns, or is about to.</content>
internal sealed partial class KeyedQueue
{
    /// <summary>The closed channels, with the events that were removed since then without having been handled.</summary>
    private readonly Dictionary<string, List<Delivery>> closed = new(StringComparer.Ordinal);
    private volatile bool anyClosed;

    /// <summary>Accepts the events of a channel again.</summary>
    public void Open(string channel)
    {
        lock (gate)
        {
            closed.Remove(channel);
            anyClosed = closed.Count > 0;
        }
    }

    /// <summary>Accepts no more events of a channel, and removes those that no worker has taken.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancelsRunning">Whether to cancel the handlers that are running on its other events.</param>
    public void Close(string channel, bool cancelsRunning)
    {
        lock (gate)
        {
            if (!closed.ContainsKey(channel))
                closed.Add(channel, []);
            anyClosed = true;
            RemoveUnhandled(waiting.FindAll(delivery => delivery.Stream == channel));
            waiting.RemoveAll(delivery => delivery.Stream == channel);
            foreach (var position in held.Keys.Where(position => cancelsRunning && position.Channel == channel).ToList())
                Lose(ref CollectionsMarshal.GetValueRefOrNullRef(held, position));
            Pulse();
        }

        freed.Set();
    }

    /// <summary>Whether another process is to handle the channel's events.</summary>
    public bool IsClosed(string channel)
    {
        if (!anyClosed)
            return false;
        lock (gate)
            return closed.ContainsKey(channel);
    }

    /// <summary>Removes events of closed channels that a worker has taken and not handled.</summary>
    public void RemoveUnhandled(IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count == 0)
            return;
        lock (gate)
        {
            foreach (var delivery in deliveries)
            {
                held.Remove(delivery.Position);
                if (closed.TryGetValue(delivery.Stream, out var unhandled))
                    unhandled.Add(delivery);
            }

            Pulse();
        }

        freed.Set();
    }

    /// <summary>Returns when no worker has an event of a closed channel.</summary>
    public async Task WaitUntilEmptyAsync(string channel, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (!held.Keys.Any(position => position.Channel == channel))
                    return;
                change = changed.Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The events of a closed channel that were removed without having been handled, once. Whatever else it still holds is forgotten.</summary>
    public IReadOnlyList<Delivery> TakeUnhandled(string channel)
    {
        lock (gate)
        {
            foreach (var position in held.Where(one => one.Key.Channel == channel && one.Value.Running is null).Select(one => one.Key).ToList())
                held.Remove(position);
            if (!closed.TryGetValue(channel, out var unhandled))
                return [];
            List<Delivery> taken = [.. unhandled];
            unhandled.Clear();
            return taken;
        }
    }

    private static void Lose(ref HeldEvent one)
    {
        one.IsLost = true;
        Cancel(one.Running);
    }
}
