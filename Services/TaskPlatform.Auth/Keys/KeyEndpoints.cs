using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.Auth.Keys;

internal static class KeyEndpoints
{
    public static void AddSigningKeys(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<TokenOptions>().BindConfiguration(TokenOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<Tokens>();
        builder.Services.AddScoped<KeyRing>();
        builder.Services.AddScoped<IStartupStep, PrepareSigningKey>();
    }

    public static void MapKeyEndpoints(this IEndpointRouteBuilder app)
    {
        GetDiscoveryDocument.Map(app);
        GetKeys.Map(app);
    }
}
