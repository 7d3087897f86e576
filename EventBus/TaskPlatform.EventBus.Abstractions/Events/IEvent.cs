using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus;

/// <summary>An event: a fact in the past, as serialized on the wire.</summary>
/// <remarks>
/// The type declares its own wire name, so that renaming the class does not break the wire format, and provides its source-generated JSON
/// metadata, so that serialization needs no reflection.
/// </remarks>
/// <typeparam name="TSelf">The implementing record.</typeparam>
public interface IEvent<TSelf>
    where TSelf : IEvent<TSelf>
{
    /// <summary>The wire name, <c>aggregate.fact</c> in lower case, for example <c>task.created</c>.</summary>
    static abstract string Type { get; }

    /// <summary>The JSON metadata of the payload (snake_case).</summary>
    static abstract JsonTypeInfo<TSelf> JsonTypeInfo { get; }

    /// <summary>The payload's schema version, to be incremented only for a breaking change. Default 1.</summary>
    static virtual int Schema => 1;

    /// <summary>The id of the aggregate. Within a stream, the events of one aggregate keep their order.</summary>
    string AggregateId { get; }
}
