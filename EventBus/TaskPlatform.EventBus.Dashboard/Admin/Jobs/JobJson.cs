using System.Text.Json;
using System.Text.Json.Serialization;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>The JSON format of a job's parameters.</summary>
internal static class JobJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static T Read<T>(string parameters)
        => JsonSerializer.Deserialize<T>(parameters, Options) ?? throw new JsonException("The job has no parameters.");
}
