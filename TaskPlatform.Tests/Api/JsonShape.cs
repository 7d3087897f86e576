using System.Globalization;
using System.Text.Json;

namespace TaskPlatform.Tests.Api;

/// <summary>Compares JSON with the subset of JSON Schema that the services' documents use.</summary>
internal sealed class JsonShape(JsonElement schemas)
{
    private const string Reference = "#/components/schemas/";

    /// <summary>Returns the first difference, or null.</summary>
    public string? Compare(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Compare(schemas.GetProperty(reference.GetString()![Reference.Length..]), value, at);
        if (schema.TryGetProperty("oneOf", out var choices) || schema.TryGetProperty("anyOf", out choices))
            return choices.EnumerateArray().Any(choice => Compare(choice, value, at) is null) ? null : $"{at} is none of {choices}";
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(name => IsOf(name!, value)))
            return $"{at} is {value.ValueKind}, not {type}";

        return value.ValueKind switch
        {
            JsonValueKind.Object => CompareObject(schema, value, at),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items)
                => value.EnumerateArray().Select((item, index) => Compare(items, item, $"{at}[{index}]")).FirstOrDefault(error => error is not null),
            JsonValueKind.String when schema.TryGetProperty("format", out var format) => CompareFormat(format.GetString()!, value, at),
            _ => null,
        };
    }

    private string? CompareObject(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray())
            {
                if (!value.TryGetProperty(name.GetString()!, out _))
                    return $"{at} lacks {name}";
            }
        }

        foreach (var member in value.EnumerateObject())
        {
            var place = $"{at}.{member.Name}";
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var described))
            {
                if (Compare(described, member.Value, place) is { } error)
                    return error;
            }
            else if (schema.TryGetProperty("additionalProperties", out var others))
            {
                if (others.ValueKind == JsonValueKind.Object && Compare(others, member.Value, place) is { } error)
                    return error;
            }
            else if (schema.TryGetProperty("properties", out _) && !IsProblem(value))
            {
                // A problem may have additional members (RFC 9457, 3.2).
                return $"{place} is not described";
            }
        }

        return null;
    }

    private static bool IsProblem(JsonElement value)
        => value.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number && value.TryGetProperty("title", out _);

    private static string? CompareFormat(string format, JsonElement value, string at) => format switch
    {
        "date-time" when !DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _) => $"{at} is no date-time: {value}",
        "uuid" when !value.TryGetGuid(out _) => $"{at} is no uuid: {value}",
        _ => null,
    };

    private static IEnumerable<string?> Types(JsonElement type)
        => type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(name => name.GetString()) : [type.GetString()];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => false,
    };
}
