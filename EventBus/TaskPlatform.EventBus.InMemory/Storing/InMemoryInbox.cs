using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>
/// The inbox in the broker's memory. Its transactions cover the inbox rows and what is published through <see cref="InMemoryPublisher"/>;
/// what a handler does to other objects is not rolled back.
/// </summary>
internal sealed class InMemoryInbox(EventBusName bus, InMemoryBroker broker, EventSender sender) : IInbox
{
    public Task<IInboxTransaction> BeginAsync(IServiceProvider scope, IReadOnlyList<InboxKey> keys, IReadOnlyList<SequenceKey> sequences, CancellationToken cancellationToken)
        => Task.FromResult<IInboxTransaction>(new Transaction(this, broker, sender, HoldEvents(scope), keys, sequences));

    public IParkedEvents Parked => broker.Parked;

    public StoreFailure Classify(Exception exception) => StoreFailure.None;

    public Task ProbeAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private InMemoryPublisher HoldEvents(IServiceProvider scope)
    {
        var publisher = scope.GetRequiredKeyedService<InMemoryPublisher>(bus.Value);
        publisher.Hold();
        return publisher;
    }

    private sealed class Transaction(
        InMemoryInbox inbox, InMemoryBroker broker, EventSender sender, InMemoryPublisher publisher, IReadOnlyList<InboxKey> asked,
        IReadOnlyList<SequenceKey> sequences) : IInboxTransaction
    {
        private readonly List<InboxKey> saved = [];
        private readonly List<OutgoingEvent> events = [];
        private volatile bool isTerminated;

        public IReadOnlySet<InboxKey> Handled { get; } = broker.Inbox.Find(asked);

        public IReadOnlyDictionary<SequenceKey, SequenceHead> Blocked { get; } = broker.Parked.FindHeads(sequences);

        public Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken)
            => Task.FromResult<IInboxSavepoint>(new Savepoint(this, inbox.HoldEvents(scope)));

        /// <summary>They are parked at once: if the transaction is not committed, they are delivered again and found to be parked.</summary>
        public Task<IReadOnlySet<Guid>> ParkAsync(IReadOnlyList<ParkedEvent> events, CancellationToken cancellationToken)
            => Task.FromResult(broker.Parked.Park(events));

        public async Task<bool> CommitAsync(IReadOnlyList<InboxKey> keys, CancellationToken cancellationToken)
        {
            ThrowIfEnded(cancellationToken);
            if (!broker.Inbox.TryAdd([.. saved, .. keys]))
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

        private bool WasHandled(InboxKey key) => saved.Contains(key) || broker.Inbox.Find([key]).Count > 0;

        private sealed class Savepoint(Transaction transaction, InMemoryPublisher publisher) : IInboxSavepoint
        {
            public Task<bool> SaveAsync(InboxKey key, CancellationToken cancellationToken)
            {
                transaction.ThrowIfEnded(cancellationToken);
                if (transaction.WasHandled(key))
                    return Task.FromResult(false);
                transaction.saved.Add(key);
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
