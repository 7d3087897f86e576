using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>A consumer's transaction, and its scope.</summary>
internal sealed class StoreConsumer(IStoreUnderTest store, string group, AsyncServiceScope scope, IInboxTransaction transaction) : IAsyncDisposable
{
    public IInboxTransaction Transaction => transaction;

    /// <summary>The events that had been handled before the transaction began.</summary>
    public IReadOnlySet<Guid> Handled { get; } = transaction.Handled.Select(key => key.EventId).ToHashSet();

    /// <summary>Commits, and records that these events were handled in the transaction's own scope.</summary>
    public Task<bool> CommitAsync(IReadOnlyList<Guid> events, CancellationToken cancellationToken)
        => transaction.CommitAsync([.. events.Select(eventId => new InboxKey(group, eventId))], cancellationToken);

    /// <summary>Adds an effect to the transaction's own scope.</summary>
    public Task ChangeAsync(int number) => store.ChangeAsync(scope.ServiceProvider, number);

    /// <summary>Handles an event under a savepoint.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="handler">Uses the savepoint's scope.</param>
    /// <returns>Whether the event was saved. If the handler or the save fails, that event is rolled back.</returns>
    public async Task<bool> HandleAsync(Guid eventId, Func<IServiceProvider, Task> handler)
    {
        await using var joined = store.Services.CreateAsyncScope();
        await using var savepoint = await transaction.JoinAsync(joined.ServiceProvider, TestContext.Current.CancellationToken);
        await handler(joined.ServiceProvider);
        return await savepoint.SaveAsync(new InboxKey(group, eventId), TestContext.Current.CancellationToken);
    }

    /// <summary>Handles an event under a savepoint, with one effect.</summary>
    public Task<bool> HandleAsync(Guid eventId, int effect) => HandleAsync(eventId, scope => store.ChangeAsync(scope, effect));

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await scope.DisposeAsync();
    }
}
