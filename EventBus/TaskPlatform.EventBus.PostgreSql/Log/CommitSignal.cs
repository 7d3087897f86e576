using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Signals every commit that this process makes to the service's database, so that the dispatcher need not poll for them.</summary>
internal sealed class CommitSignal<TDb> : ISaveChangesInterceptor, IDbTransactionInterceptor, IDisposable
    where TDb : DbContext
{
    private readonly CoalescedSignal signal = new();

    /// <summary>Signals that something may have been committed.</summary>
    public void Set() => signal.Set();

    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => signal.WaitAsync(timeout, cancellationToken);

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        if (eventData.Context?.Database.CurrentTransaction is null)
            Set();
        return result;
    }

    public ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
        => ValueTask.FromResult(SavedChanges(eventData, result));

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Set();

    public Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Set();
        return Task.CompletedTask;
    }

    public void Dispose() => signal.Dispose();
}
