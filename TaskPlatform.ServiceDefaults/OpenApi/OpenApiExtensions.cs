using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.ServiceDefaults.OpenApi;

internal static class OpenApiExtensions
{
    private const string Document = "v1";

    public static void AddOpenApiDocument(this WebApplicationBuilder builder)
        => builder.Services.AddOpenApi(Document, options =>
        {
            // Several operations have a nested type named Request.
            options.CreateSchemaReferenceId = type => type.Type.DeclaringType is { } operation && operation != type.Type
                ? OpenApiOptions.CreateDefaultSchemaReferenceId(type) is null ? null : operation.Name + type.Type.Name
                : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
            options.AddDocumentTransformer<BearerSecurity>();
            options.AddOperationTransformer<CommonResponses>();
            options.AddSchemaTransformer(Timestamps.DescribeAsync);
        });

    public static void MapOpenApiIfAdded(this WebApplication app)
    {
        if (app.Services.GetKeyedService<Microsoft.AspNetCore.OpenApi.IOpenApiDocumentProvider>(Document) is null)
            return;

        app.MapOpenApi().AllowAnonymous();
        if (app.Environment.IsDevelopment())
            app.MapApiPage();
    }
}
