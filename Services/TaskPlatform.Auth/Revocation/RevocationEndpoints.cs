namespace TaskPlatform.Auth.Revocation;

internal static class RevocationEndpoints
{
    public static void AddRevocation(this WebApplicationBuilder builder)
    {
        builder.Services.AddScoped<Revocations>();
        builder.Services.AddSingleton<RevocationList>();
    }

    public static void MapRevocationEndpoints(this IEndpointRouteBuilder app) => GetRevokedTokens.Map(app);
}
