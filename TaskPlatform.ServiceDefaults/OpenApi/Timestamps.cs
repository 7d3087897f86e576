using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>Our own converter writes timestamps, so the document can't know by itself what they look like.</summary>
internal static class Timestamps
{
    public static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            schema.Type = type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
            schema.Format = "date-time";
        }

        return Task.CompletedTask;
    }
}
