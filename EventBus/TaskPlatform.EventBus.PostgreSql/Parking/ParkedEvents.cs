using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The parked events in the handlers' own database.</summary>
internal sealed class ParkedEvents<TDb>(ApplicationScopes scopes) : IParkedEvents
    where TDb : DbContext
{
    public Task HoldAsync(ParkedEvent failed, TimeSpan delay, CancellationToken cancellationToken)
        => RunAsync([ParkedStatements.LockOf([failed]), ParkedStatements.Hold(failed, delay)], _ => Task.FromResult(true), cancellationToken);

    public Task<DueHeads> FindDueAsync(string group, int max, CancellationToken cancellationToken) => RunAsync(
        ParkedStatements.FindDue(group, max),
        async reader =>
        {
            var heads = new List<ParkedEvent>();
            while (await reader.ReadAsync(cancellationToken))
                heads.Add(ParkedStatements.Read(reader, group));
            await reader.NextResultAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new DueHeads(heads, reader.IsDBNull(0) ? null : reader.GetFieldValue<TimeSpan>(0));
        },
        cancellationToken);

    public Task<long?> CountDeliveryAsync(ParkedEvent head, CancellationToken cancellationToken) => RunAsync(
        [ParkedStatements.CountDelivery(head)],
        async reader => await reader.ReadAsync(cancellationToken) ? reader.GetInt64(0) : (long?)null,
        cancellationToken);

    public Task<ParkedEvent?> AdvanceAsync(SequenceKey sequence, Guid eventId, CancellationToken cancellationToken)
    {
        var done = new ParkedEvent(sequence, eventId, default, [], ParkedState.Waiting);
        return RunAsync(
            [ParkedStatements.LockOf([done]), .. ParkedStatements.Advance(sequence, eventId)],
            async reader =>
            {
                await reader.NextResultAsync(cancellationToken); // The lock has a result, the deletion has none.
                return await reader.ReadAsync(cancellationToken) ? ParkedStatements.Read(reader, sequence.Group) : null;
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<BlockedSequence>> FindBlockedAsync(string group, int max, CancellationToken cancellationToken) => RunAsync(
        [ParkedStatements.FindBlocked(group, max)],
        async Task<IReadOnlyList<BlockedSequence>> (reader) =>
        {
            var blocked = new List<BlockedSequence>();
            while (await reader.ReadAsync(cancellationToken))
            {
                blocked.Add(new BlockedSequence(
                    new SequenceKey(group, reader.GetString(0), reader.GetString(1)), reader.GetGuid(2), reader.GetInt64(4), reader.GetFieldValue<DateTimeOffset>(3)));
            }

            return blocked;
        },
        cancellationToken);

    /// <summary>Runs statements in a transaction of their own.</summary>
    private async Task<T> RunAsync<T>(NpgsqlBatchCommand[] commands, Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        T result;
        await using (var batch = db.CreateBatch(commands))
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            result = await read(reader);
            while (await reader.NextResultAsync(cancellationToken))
            {
                // Errors of later statements are thrown here.
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return result;
    }
}
