using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>Adds the error responses that operations have in common: missing token, missing role, unreadable body, unavailable database.</summary>
internal sealed class CommonResponses : IOpenApiOperationTransformer
{
    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var problem = await DescribeProblemAsync(context, cancellationToken);
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var rules = metadata.OfType<IAuthorizeData>().ToList();
        if (rules.Count > 0 && !metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(BearerSecurity.Scheme, context.Document)] = [] }];
            Add(operation, 401, problem);
            if (rules.Any(rule => rule.Policy == Role.Admin))
                Add(operation, 403, problem);
        }

        if (operation.RequestBody is not null)
        {
            Add(operation, 400, problem);
            Add(operation, 413, problem);
            Add(operation, 415, problem);
        }

        Add(operation, 503, problem);
    }

    private static async Task<IOpenApiSchema> DescribeProblemAsync(
        OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var schema = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), parameterDescription: null, cancellationToken);
        context.Document!.AddComponent(nameof(ProblemDetails), schema);
        return new OpenApiSchemaReference(nameof(ProblemDetails), context.Document);
    }

    private static void Add(OpenApiOperation operation, int status, IOpenApiSchema schema)
        => (operation.Responses ??= []).TryAdd(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
        {
            Description = ReasonPhrases.GetReasonPhrase(status),
            Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() { Schema = schema } },
        });
}
