using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>Documents the bearer scheme.</summary>
internal sealed class BearerSecurity : IOpenApiDocumentTransformer
{
    public const string Scheme = "bearer";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.AddComponent(Scheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = Scheme,
            BearerFormat = "JWT",
            Description = "The access_token from POST /api/auth/login of the auth service.",
        });
        return Task.CompletedTask;
    }
}
