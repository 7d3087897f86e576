using System.Text.Json.Serialization;

namespace TaskPlatform.Contracts;

/// <summary>
/// How every payload is written and read: snake_case, unknown members ignored, the aggregate's id required,
/// whatever else is missing taken as empty.
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
