using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus;

/// <summary>A fact that happened, as it goes over the wire.</summary>
/// <remarks>
/// The type names itself, so renaming the class never breaks the wire, and it brings its own source-generated JSON
/// contract, so no message is serialized through reflection.
/// </remarks>
/// <typeparam name="TSelf">The implementing record.</typeparam>
public interface IEvent<TSelf>
    where TSelf : IEvent<TSelf>
{
    /// <summary>The wire name, <c>aggregate.fact</c> in lower case, for example <c>task.created</c>.</summary>
    static abstract string Type { get; }

    /// <summary>How the payload is written as JSON (snake_case).</summary>
    static abstract JsonTypeInfo<TSelf> JsonTypeInfo { get; }

    /// <summary>Rises only for a breaking change of the payload. Default 1.</summary>
    static virtual int Schema => 1;

    /// <summary>The id of what the fact is about: events of one aggregate keep their order within a stream.</summary>
    string AggregateId { get; }
}
