using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Settles entries concurrently: acks with one call per stream, retries and dead letters with one script call each.</summary>
internal sealed class EntrySettler(ConsumerGroup group, GroupStreams streams, MissedAcks missed, RetryForwarder retries)
{
    public async Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var results = new SettleResult[settlements.Count];
        var calls = new List<Task>();
        foreach (var (stream, indices) in IndicesByStream(settlements, SettlementKind.Complete))
            calls.Add(SettleAsync(results, indices, () => AckAsync(stream, indices, settlements, cancellationToken)));
        foreach (var (stream, indices) in IndicesByStream(settlements, SettlementKind.Decline))
            calls.Add(SettleAsync(results, indices, () => DeclineAsync(results, stream, indices, settlements, cancellationToken)));
        for (var i = 0; i < settlements.Count; i++)
        {
            var (index, settlement) = (i, settlements[i]);
            if (settlement.Kind == SettlementKind.Retry)
                calls.Add(SettleAsync(results, [index], async () => results[index] = await RetryAsync(settlement, cancellationToken)));
            else if (settlement.Kind == SettlementKind.DeadLetter)
                calls.Add(SettleAsync(results, [index], async () => results[index] = ToResult(await streams.DeadLetterAsync(settlement).WaitAsync(cancellationToken))));
        }

        await Task.WhenAll(calls);
        return results;
    }

    /// <summary>The indices of the settlements of a kind, by stream.</summary>
    private static Dictionary<string, List<int>> IndicesByStream(IReadOnlyList<Settlement> settlements, SettlementKind kind)
    {
        var indices = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < settlements.Count; i++)
        {
            if (settlements[i].Kind != kind)
                continue;
            var stream = settlements[i].Position.Channel;
            if (!indices.TryGetValue(stream, out var ofStream))
                indices[stream] = ofStream = [];
            ofStream.Add(i);
        }

        return indices;
    }

    private async Task AckAsync(string stream, List<int> indices, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var ids = new RedisValue[indices.Count];
        var anyTargeted = false;
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = settlements[indices[i]].Position.Id;
            anyTargeted |= settlements[indices[i]].TargetGroup is not null;
        }

        try
        {
            if (await streams.AckAsync(stream, ids, anyTargeted).WaitAsync(cancellationToken) < ids.Length)
                missed.Add(stream, indices.Select(index => (settlements[index].Position.Id, settlements[index].TargetGroup is not null)));
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            TransportTelemetry.AckFailed(stream, group.Name);
            throw;
        }
    }

    private async Task DeclineAsync(
        SettleResult[] results, string stream, List<int> indices, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var unknown = await streams.AckForeignAsync(stream, indices.ConvertAll(index => settlements[index])).WaitAsync(cancellationToken);
        foreach (var index in indices.Where(index => unknown.Contains(settlements[index].Position.Id)))
            results[index] = new SettleResult(SettleStatus.UnknownGroup);
    }

    private async Task<SettleResult> RetryAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        var isScheduled = await streams.RetryAsync(settlement).WaitAsync(cancellationToken);
        if (isScheduled)
            retries.Wake();
        return ToResult(isScheduled);
    }

    private static SettleResult ToResult(bool isDone) => new(isDone ? SettleStatus.Settled : SettleStatus.NotOwned);

    private static async Task SettleAsync(SettleResult[] results, List<int> indices, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            var status = RedisAvailability.IsUnavailable(e) ? SettleStatus.Unavailable : SettleStatus.Refused;
            foreach (var index in indices)
                results[index] = new SettleResult(status, e);
        }
    }
}
