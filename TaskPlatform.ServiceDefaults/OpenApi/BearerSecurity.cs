using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>Says how to sign in.</summary>
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
            Description = "The access_token that POST /api/auth/login of the auth service answers.",
        });
        return Task.CompletedTask;
    }
}
