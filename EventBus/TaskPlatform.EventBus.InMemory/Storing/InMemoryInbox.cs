using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>
/// The inbox in the broker's memory. Its transactions cover the inbox rows and what is published through <see cref="InMemoryPublisher"/>;
/// what a handler does to other objects is not rolled back.
/// </summary>
internal sealed class InMemoryInbox(EventBusName bus, InMemoryBroker broker, EventSender sender) : IInbox
{
    public Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
        => Task.FromResult<IInboxTransaction>(new Transaction(this, broker, sender, HoldEvents(scope), group, eventIds));

    public StoreFailure Classify(Exception exception) => StoreFailure.None;

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private InMemoryPublisher HoldEvents(IServiceProvider scope)
    {
        var publisher = scope.GetRequiredKeyedService<InMemoryPublisher>(bus.Value);
        publisher.Hold();
        return publisher;
    }

    private sealed class Transaction(
        InMemoryInbox inbox, InMemoryBroker broker, EventSender sender, InMemoryPublisher publisher, string group, IReadOnlyList<Guid> asked)
        : IInboxTransaction
    {
        private readonly List<Guid> saved = [];
        private readonly List<OutgoingEvent> events = [];
        private volatile bool isTerminated;

        public IReadOnlySet<Guid> Handled { get; } = broker.Inbox.Find(group, asked);

        public Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken)
            => Task.FromResult<IInboxSavepoint>(new Savepoint(this, inbox.HoldEvents(scope)));

        public async Task<bool> CommitAsync(IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
        {
            ThrowIfEnded(cancellationToken);
            if (!broker.Inbox.TryAdd(group, [.. saved, .. eventIds]))
                return false;
            await sender.SendAsync([.. events, .. publisher.Take()], CancellationToken.None); // It is committed.
            return true;
        }

        public Task TerminateAsync(CancellationToken cancellationToken)
        {
            isTerminated = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            publisher.Take();
            return ValueTask.CompletedTask;
        }

        private void ThrowIfEnded(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isTerminated)
                throw new InvalidOperationException("The transaction was terminated.");
        }

        private bool WasHandled(Guid eventId) => saved.Contains(eventId) || broker.Inbox.Find(group, [eventId]).Count > 0;

        private sealed class Savepoint(Transaction transaction, InMemoryPublisher publisher) : IInboxSavepoint
        {
            public Task<bool> SaveAsync(Guid eventId, CancellationToken cancellationToken)
            {
                transaction.ThrowIfEnded(cancellationToken);
                if (transaction.WasHandled(eventId))
                    return Task.FromResult(false);
                transaction.saved.Add(eventId);
                transaction.events.AddRange(publisher.Take());
                return Task.FromResult(true);
            }

            public ValueTask DisposeAsync()
            {
                publisher.Take();
                return ValueTask.CompletedTask;
            }
        }
    }
}
