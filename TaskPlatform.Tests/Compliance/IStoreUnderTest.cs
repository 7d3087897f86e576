using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>A store of its own for each test, and what the tests need besides its interfaces.</summary>
public interface IStoreUnderTest : IAsyncDisposable
{
    /// <summary>The store.</summary>
    IInbox Inbox { get; }

    /// <summary>Provides the scopes of transactions and handlers.</summary>
    IServiceProvider Services { get; }

    /// <summary>Exceptions that say something about the store, and what they say.</summary>
    IReadOnlyList<(Exception Exception, StoreFailure Failure)> Failures { get; }

    /// <summary>Adds an effect to a scope's unit of work as a handler does, and an event that reports it.</summary>
    Task ChangeAsync(IServiceProvider scope, int number);

    /// <summary>The committed effects, in the order in which their events are published.</summary>
    Task<IReadOnlyList<int>> EffectsAsync();
}
