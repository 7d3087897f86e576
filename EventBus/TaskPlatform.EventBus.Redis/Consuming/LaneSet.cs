namespace TaskPlatform.EventBus.Redis;

/// <summary>The lanes of a group, side by side.</summary>
internal sealed class LaneSet(InFlight inFlight, WaitingRoom waiting, IReadOnlyList<Lane> lanes)
{
    public InFlight InFlight => inFlight;

    /// <summary>Has deliveries handled; nothing happens for those that are held already.</summary>
    public void Enqueue(IReadOnlyList<Delivery> deliveries) => waiting.Add(inFlight.Add(deliveries));

    /// <summary>Runs until nothing more will come and nothing waits, or aborted.</summary>
    public async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        try
        {
            await Task.WhenAll(lanes.Select(lane => lane.RunAsync(draining, abort)));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // Whatever still ran has had its time; it is handed over.
        }
    }

    public void Complete() => waiting.Complete();
}
