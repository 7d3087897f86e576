using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>A transport of its own for each test, and what the tests need besides its interfaces.</summary>
public interface ITransportUnderTest : IAsyncDisposable
{
    /// <summary>How long a consumer must be silent before others claim its events.</summary>
    TimeSpan ClaimIdle { get; }

    /// <summary>How long a consumer owns a channel without renewing its lease.</summary>
    TimeSpan LeaseDuration { get; }

    /// <summary>How long finished entries are kept.</summary>
    TimeSpan Retention { get; }

    /// <summary>The transport as a publisher sees it.</summary>
    IEventTransport Transport { get; }

    /// <summary>Its dead letters.</summary>
    IDeadLetterQueue DeadLetters { get; }

    /// <summary>The transport's time.</summary>
    TimeProvider Clock { get; }

    /// <summary>Creates a consumer of a group, as a process of this name does.</summary>
    IReceiver CreateReceiver(string consumer, ConsumerGroup group, IChannelHandling handling);

    /// <summary>Adds an entry as a program without this library does.</summary>
    Task<string> AddAsync(string stream, IReadOnlyList<EntryField> fields, string? id = null);

    /// <summary>The last but one of the ids that an entry can have.</summary>
    string LastButOneId { get; }

    /// <summary>Lets time pass, and has the transport do what it does in the background.</summary>
    Task PassTimeAsync(TimeSpan time);
}
