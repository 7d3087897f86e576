using System.Text.Json.Serialization;

namespace TaskPlatform.Contracts;

/// <summary>
/// The JSON format of all payloads: snake_case; unknown members are ignored; the aggregate's id is required, and other missing members get
/// their default values.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(UtcTimestampConverter)])]
[JsonSerializable(typeof(UserCreated))]
[JsonSerializable(typeof(UserUpdated))]
[JsonSerializable(typeof(UserDeleted))]
[JsonSerializable(typeof(TaskCreated))]
[JsonSerializable(typeof(TaskUpdated))]
[JsonSerializable(typeof(TaskAssigned))]
[JsonSerializable(typeof(TaskCompleted))]
[JsonSerializable(typeof(TaskDeleted))]
[JsonSerializable(typeof(NotificationSent))]
[JsonSerializable(typeof(NotificationFailed))]
internal sealed partial class ContractsJson : JsonSerializerContext;
