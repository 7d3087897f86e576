using System.Diagnostics;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Claims the entries of dead consumers in rounds over the group's streams, and removes consumers that have been idle for long.</summary>
internal sealed class AbandonedEntries(GroupStreams streams, MissedAcks missed, EventBusOptions options)
{
    private const string RoundEnd = "0-0";

    private readonly Dictionary<string, string> cursors = new(StringComparer.Ordinal);
    private readonly Queue<string> round = new();
    private long lastCleanup;

    /// <summary>Claims the next entries of the round, or begins one.</summary>
    /// <param name="readable">The streams that can be read.</param>
    /// <param name="max">The maximum number of entries to claim.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<ClaimedEvents> ClaimAsync(IReadOnlyList<string> readable, int max, CancellationToken cancellationToken)
    {
        if (round.Count == 0)
            await BeginRoundAsync(readable, cancellationToken);
        if (max == 0 || !round.TryPeek(out var stream))
        {
            round.Clear();
            return new ClaimedEvents([], HasMore: false);
        }

        var page = await ClaimAsync(stream, max, cancellationToken);
        if (page.Next == RoundEnd)
            round.Dequeue();
        return new ClaimedEvents(page.Entries, HasMore: round.Count > 0);
    }

    private async Task<PendingPage> ClaimAsync(string stream, int max, CancellationToken cancellationToken)
    {
        try
        {
            var page = await streams.ClaimAsync(stream, cursors.GetValueOrDefault(stream, RoundEnd), max).WaitAsync(cancellationToken);
            cursors[stream] = page.Next;
            return page;
        }
        catch
        {
            round.Clear(); // The next round skips streams that can't be read.
            throw;
        }
    }

    /// <summary>Does all maintenance before anything is claimed: if it failed afterwards, the caller would not learn of its claimed entries.</summary>
    private async Task BeginRoundAsync(IReadOnlyList<string> readable, CancellationToken cancellationToken)
    {
        await missed.RepeatAsync(cancellationToken);
        await streams.RegisterAsync(readable).WaitAsync(cancellationToken);
        await RemoveIdleConsumersAsync(readable, cancellationToken);
        foreach (var stream in readable)
            round.Enqueue(stream);
    }

    /// <summary>Runs rarely, because idle consumers cause no harm.</summary>
    private async Task RemoveIdleConsumersAsync(IReadOnlyList<string> readable, CancellationToken cancellationToken)
    {
        if (lastCleanup != 0 && Stopwatch.GetElapsedTime(lastCleanup) < options.ClaimIdle)
            return;

        // A live consumer registers in each round.
        var minIdle = 10 * (options.ClaimIdle > options.ClaimInterval ? options.ClaimIdle : options.ClaimInterval);
        foreach (var stream in readable)
        {
            await streams.RemoveIdleConsumersAsync(stream, minIdle).WaitAsync(cancellationToken);
            await streams.EnsureAsync(stream).WaitAsync(cancellationToken); // An operator may have deleted the key that lists the groups.
        }

        lastCleanup = Stopwatch.GetTimestamp();
    }
}
