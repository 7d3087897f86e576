using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>How a job's parameters stand in its row.</summary>
internal static class JobJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static T Read<T>(string parameters)
        => JsonSerializer.Deserialize<T>(parameters, Options) ?? throw new JsonException("A job without parameters.");
}
