using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Settles entries, all at a time: those of a stream that are done with one call, each other one with a script.</summary>
internal sealed class EntrySettler(ConsumerGroup group, GroupStreams streams, MissedAcks missed, RetryForwarder retries)
{
    public async Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var results = new SettleResult[settlements.Count];
        var calls = new List<Task>();
        foreach (var places in Places(settlements, SettlementKind.Complete))
            calls.Add(SettleAsync(results, places.Value, () => AckAsync(places.Key, places.Value, settlements, cancellationToken)));
        foreach (var places in Places(settlements, SettlementKind.Decline))
            calls.Add(SettleAsync(results, places.Value, () => DeclineAsync(results, places.Key, places.Value, settlements, cancellationToken)));
        for (var i = 0; i < settlements.Count; i++)
        {
            var (place, settlement) = (i, settlements[i]);
            if (settlement.Kind == SettlementKind.Retry)
                calls.Add(SettleAsync(results, [place], async () => results[place] = await RetryAsync(settlement, cancellationToken)));
            else if (settlement.Kind == SettlementKind.DeadLetter)
                calls.Add(SettleAsync(results, [place], async () => results[place] = ToResult(await streams.DeadLetterAsync(settlement).WaitAsync(cancellationToken))));
        }

        await Task.WhenAll(calls);
        return results;
    }

    /// <summary>The places of the settlements of a kind, by stream.</summary>
    private static Dictionary<string, List<int>> Places(IReadOnlyList<Settlement> settlements, SettlementKind kind)
    {
        var places = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < settlements.Count; i++)
        {
            if (settlements[i].Kind != kind)
                continue;
            var stream = settlements[i].Position.Channel;
            if (!places.TryGetValue(stream, out var ofStream))
                places[stream] = ofStream = [];
            ofStream.Add(i);
        }

        return places;
    }

    private async Task AckAsync(string stream, List<int> places, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var ids = new RedisValue[places.Count];
        var anyTargeted = false;
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = settlements[places[i]].Position.Id;
            anyTargeted |= settlements[places[i]].TargetGroup is not null;
        }

        try
        {
            if (await streams.AckAsync(stream, ids, anyTargeted).WaitAsync(cancellationToken) < ids.Length)
                missed.Add(stream, places.Select(place => (settlements[place].Position.Id, settlements[place].TargetGroup is not null)));
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            EventBusTelemetry.AckFailures.Add(1, EventBusTelemetry.OwnTags(stream, group.Name));
            throw;
        }
    }

    private async Task DeclineAsync(
        SettleResult[] results, string stream, List<int> places, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var unknown = await streams.AckForeignAsync(stream, places.ConvertAll(place => settlements[place])).WaitAsync(cancellationToken);
        foreach (var place in places.Where(place => unknown.Contains(settlements[place].Position.Id)))
            results[place] = new SettleResult(SettleStatus.UnknownGroup);
    }

    private async Task<SettleResult> RetryAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var isScheduled = await streams.RetryAsync(settlement).WaitAsync(cancellationToken);
        if (isScheduled)
            retries.Wake();
        return ToResult(isScheduled);
    }

    private static SettleResult ToResult(bool isDone) => new(isDone ? SettleStatus.Settled : SettleStatus.NotOwned);

    private static async Task SettleAsync(SettleResult[] results, List<int> places, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            var status = RedisAvailability.IsUnavailable(e) ? SettleStatus.Unavailable : SettleStatus.Refused;
            foreach (var place in places)
                results[place] = new SettleResult(status, e);
        }
    }
}
