using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>One consumer of a group: reads, hands to the lanes, keeps its claims alive, and takes over what dead consumers left.</summary>
internal sealed partial class GroupConsumer(
    ConsumerGroup group, ConsumerName consumer, GroupStreams streams, BlockingReader reader, LaneSet lanes, Settler settler,
    RedisKeys keys, EventBusOptions options, BusHealth health, ILogger<GroupConsumer> logger)
{
    private readonly Dictionary<string, string> cursors = [];
    private readonly ReceiveLoop receiveLoop = new(group, consumer, reader, lanes, keys, options);
    private IReadOnlyList<string> readable = [];
    private bool hasReadBefore;
    private long lastRemoval;

    /// <summary>Runs until the process stops, then drains.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var abort = new CancellationTokenSource();
        using var stopLanes = new CancellationTokenSource();
        var handling = lanes.RunAsync(stopLanes.Token, abort.Token);
        var feeding = Task.WhenAll(
            LoopAsync("reading", ReadOnceAsync, TimeSpan.Zero, stoppingToken),
            LoopAsync("claiming", ClaimOnceAsync, options.ClaimInterval, stoppingToken),
            LoopAsync("renewing", RenewOnceAsync, options.ClaimIdle / 3, stoppingToken),
            UnblockAtStopAsync(stoppingToken));
        if (await Task.WhenAny(feeding, handling) == handling)
            await handling; // Lanes end by themselves only of a bug: it ends the process, which then shows it.

        // Nothing is read any more. What runs may finish; the rest goes to the others.
        stopLanes.Cancel();
        lanes.Complete();
        abort.CancelAfter(options.DrainTimeout);
        var renewing = LoopAsync("renewing", RenewOnceAsync, options.ClaimIdle / 3, abort.Token);
        await handling;
        abort.Cancel();
        await renewing;
        await ReleaseAsync();
    }

    /// <summary>Runs one pass after the other; whatever one fails of, the next follows after a back-off.</summary>
    private async Task LoopAsync(string role, Func<CancellationToken, Task> step, TimeSpan interval, CancellationToken stoppingToken)
    {
        var loop = $"{group.Name} {role}";
        var backOff = new BackOff();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (interval == TimeSpan.Zero)
                health.Heartbeat(loop);
            try
            {
                await step(stoppingToken);
                backOff.Reset();
                if (health.Recovered(loop))
                    LogRecovered(group.Name, role);
                if (interval > TimeSpan.Zero)
                    await Task.Delay(interval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                readable = [];
                if (health.Blocked(loop, e.Message))
                {
                    if (RedisAvailability.IsUnavailable(e))
                        LogUnavailable(group.Name, e.Message);
                    else
                        LogInterrupted(group.Name, e);
                }

                await backOff.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        health.Ended(loop);
    }

    /// <summary>Reads what is new. After a start or an interruption: first what this consumer holds already without knowing it.</summary>
    private async Task ReadOnceAsync(CancellationToken stoppingToken)
    {
        if (readable.Count == 0 && !receiveLoop.IsReading)
        {
            var ensured = await EnsureStreamsAsync(stoppingToken);
            await streams.RegisterAsync(ensured).WaitAsync(stoppingToken);
            foreach (var stream in ensured)
                await ClaimOwnAsync(stream, stoppingToken);
            readable = ensured;
            hasReadBefore = true;
        }

        await receiveLoop.ReceiveAsync(readable, stoppingToken);
    }

    private async Task UnblockAtStopAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await reader.UnblockAsync();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            LogUnavailable(group.Name, e.Message); // Then the read comes back by itself, a little later.
        }
    }

    /// <summary>Makes sure of the groups. A key that is no stream costs its own events only, not those of the other streams.</summary>
    private async Task<IReadOnlyList<string>> EnsureStreamsAsync(CancellationToken stoppingToken)
    {
        var ensured = new List<string>();
        foreach (var stream in group.EventTypes.Select(StreamName.Of))
        {
            try
            {
                await streams.EnsureAsync(stream).WaitAsync(stoppingToken);
                ensured.Add(stream);
                if (health.Recovered($"{group.Name} {stream}"))
                    LogRecovered(group.Name, stream);
            }
            catch (RedisServerException e) when (!RedisAvailability.IsUnavailable(e))
            {
                if (health.Blocked($"{group.Name} {stream}", e.Message))
                    LogNoStream(group.Name, stream, e);
            }
        }

        if (ensured.Count == 0)
            throw new InvalidOperationException($"The group '{group.Name}' has no stream to read.");
        return ensured;
    }

    /// <summary>
    /// What a process of the same name left at its end may have killed it. But what this one holds without knowing it came in a
    /// reply that got lost: no handler ever saw it, and that delivery counts against nobody.
    /// </summary>
    private async Task ClaimOwnAsync(string stream, CancellationToken stoppingToken)
    {
        var uncounted = hasReadBefore ? 1 : 0;
        for (var from = "-"; ;)
        {
            await lanes.InFlight.WaitForRoomAsync(1, stoppingToken);
            var page = await streams.ListOwnedAsync(stream, from, lanes.InFlight.Free, uncounted).WaitAsync(stoppingToken);
            Enqueue(stream, page);
            if (page.Next.Length == 0)
                return;
            from = $"({page.Next}";
        }
    }

    /// <summary>One round over the streams, as far as there is room; each goes on where it stopped.</summary>
    private async Task ClaimOnceAsync(CancellationToken stoppingToken)
    {
        await settler.SettleRefusedAsync(stoppingToken);
        var current = readable;
        if (current.Count < group.EventTypes.Count)
            readable = []; // A key that was no stream may be one by now.
        await streams.RegisterAsync(current).WaitAsync(stoppingToken);
        foreach (var stream in current)
        {
            do
            {
                var room = lanes.InFlight.Free;
                if (room == 0)
                    return;
                var page = await streams.ClaimAsync(stream, cursors.GetValueOrDefault(stream, "0-0"), room).WaitAsync(stoppingToken);
                cursors[stream] = page.Next;
                Enqueue(stream, page);
            }
            while (cursors[stream] != "0-0");
        }

        await RemoveIdleConsumersAsync(current, stoppingToken);
    }

    /// <summary>Removes the names of consumers that are long gone, now and then: they do no harm meanwhile.</summary>
    private async Task RemoveIdleConsumersAsync(IReadOnlyList<string> current, CancellationToken stoppingToken)
    {
        if (lastRemoval != 0 && Stopwatch.GetElapsedTime(lastRemoval) < options.ClaimIdle)
            return;

        // A consumer that lives announces itself with each claim.
        var maxIdle = 10 * (options.ClaimIdle > options.ClaimInterval ? options.ClaimIdle : options.ClaimInterval);
        foreach (var stream in current)
        {
            await streams.RemoveIdleConsumersAsync(stream, maxIdle).WaitAsync(stoppingToken);
            await streams.EnsureAsync(stream).WaitAsync(stoppingToken); // An operator may have lost the note that the group is expected.
        }
        lastRemoval = Stopwatch.GetTimestamp();
    }

    private void Enqueue(string stream, PendingPage page)
    {
        foreach (var entryId in page.Deleted)
        {
            EventBusTelemetry.EntriesLost.Add(1, EventBusTelemetry.OwnTags(stream, group.Name));
            LogLost(group.Name, entryId, stream);
        }

        lanes.Enqueue(page.Deliveries);
    }

    private async Task RenewOnceAsync(CancellationToken stoppingToken)
    {
        foreach (var held in lanes.InFlight.Entries.GroupBy(d => d.Stream))
        {
            foreach (var entryId in await streams.RenewAsync(held.Key, [.. held]).WaitAsync(stoppingToken))
                lanes.InFlight.Find(held.Key, entryId)?.LoseClaim();
        }
    }

    /// <summary>What was not finished is offered to the others at once, and this consumer leaves the group where it holds nothing.</summary>
    private async Task ReleaseAsync()
    {
        await TryAsync(() => receiveLoop.IsReading ? receiveLoop.ReceiveAsync([], CancellationToken.None) : Task.CompletedTask);
        await TryAsync(async () =>
        {
            foreach (var held in lanes.InFlight.Entries.GroupBy(d => d.Stream))
                await streams.ReleaseAsync(held.Key, [.. held]);
            foreach (var stream in readable)
                await streams.RemoveIdleConsumersAsync(stream, TimeSpan.Zero, consumer.Value);
            await reader.DisposeAsync();
        });
    }

    /// <summary>Where Redis does not answer, the others take over after the claim's idle time instead.</summary>
    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            LogUnavailable(group.Name, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Group} waits for Redis; it goes on by itself: {Error}")]
    private partial void LogUnavailable(string group, string error);

    [LoggerMessage(LogLevel.Warning, "{Group} was interrupted and goes on.")]
    private partial void LogInterrupted(string group, Exception exception);

    [LoggerMessage(LogLevel.Information, "{Group} goes on: {Role}.")]
    private partial void LogRecovered(string group, string role);

    [LoggerMessage(LogLevel.Error, "{Group} can't read {Stream}.")]
    private partial void LogNoStream(string group, string stream, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Group} lost entry {EntryId} of {Stream}: it was deleted before it was handled.")]
    private partial void LogLost(string group, string entryId, string stream);
}
