using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>Describes timestamps in the document. They are written by our own converter, so the generator can't infer their format.</summary>
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
