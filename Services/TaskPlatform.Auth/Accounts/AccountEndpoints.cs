using Microsoft.AspNetCore.Identity;
using TaskPlatform.Auth.Accounts.Limits;
using TaskPlatform.Auth.Data;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.Auth.Accounts;

internal static class AccountEndpoints
{
    // OWASP's recommendation for PBKDF2 with HMAC-SHA-512 (Password Storage Cheat Sheet, 2023).
    private const int HashIterations = 210_000;

    public static void AddAccounts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = HashIterations);
        services.AddOptions<PasswordHashingOptions>().BindConfiguration(PasswordHashingOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PasswordHashing>();
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RegistrationLimit>();
        services.AddSingleton<LoginLimits>();
        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section);
        services.AddScoped<IStartupStep, CreateFirstAdmin>();
    }

    public static void MapAccountEndpoints(this IEndpointRouteBuilder app)
    {
        var accounts = app.MapGroup("/api/auth").WithTags("Accounts");

        var open = accounts.MapGroup("").AllowAnonymous();
        Register.Map(open);
        Login.Map(open);

        Logout.Map(accounts.MapGroup("").RequireAuthorization().AddEndpointFilter<RouteGroupBuilder, ConflictRetry<AuthDb>>());
    }
}
