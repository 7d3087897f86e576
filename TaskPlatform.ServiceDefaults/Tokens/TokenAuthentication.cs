using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.OpenApi;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Authenticates callers by tokens that Auth signed.</summary>
public static class TokenAuthentication
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    // Room for half a million stamps, far more than the logins within a token's lifetime.
    private const int MaxRevokedBytes = 16 * 1024 * 1024;

    /// <summary>Verifies tokens with the keys that Auth publishes, and refuses revoked tokens.</summary>
    public static WebApplicationBuilder AddTokenAuthentication(this WebApplicationBuilder builder)
    {
        builder.RequireSetting(AuthConfiguration.AddressKey, CheckAddress);
        var services = builder.Services;
        services.AddAuthClient(AuthConfiguration.HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(5));
        services.AddHostedService(provider => provider.GetRequiredService<AuthConfiguration>());
        services.AddHealthChecks().Add(new HealthCheckRegistration("token-keys", provider => provider.GetRequiredService<AuthConfiguration>(), null, null));
        builder.AddTokenAuthentication<AuthConfiguration>();
        return builder.AddRevokedTokens();
    }

    /// <summary>Verifies tokens with keys from another source, which is registered as a singleton.</summary>
    public static WebApplicationBuilder AddTokenAuthentication<TConfiguration>(this WebApplicationBuilder builder)
        where TConfiguration : class, IConfigurationManager<OpenIdConnectConfiguration>
    {
        var services = builder.Services;
        services.AddSingleton<TConfiguration>();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<TConfiguration>(Configure);
        services.AddAuthorizationBuilder().AddPolicy(Role.Admin, RequireAdmin);
        builder.AddOpenApiDocument();
        return builder;
    }

    private static WebApplicationBuilder AddRevokedTokens(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<RevokedTokensOptions>().BindConfiguration(RevokedTokensOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddAuthClient(RevokedTokens.HttpClientName, client =>
        {
            client.Timeout = TimeSpan.FromSeconds(2);
            client.MaxResponseContentBufferSize = MaxRevokedBytes;
        });
        services.AddSingleton<RevokedTokens>();
        services.AddHostedService(provider => provider.GetRequiredService<RevokedTokens>());
        services.AddHealthChecks().Add(new HealthCheckRegistration("revoked-tokens", provider => provider.GetRequiredService<RevokedTokens>(), null, null));
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<RevokedTokens>((options, revoked) => options.Events.OnTokenValidated = async context =>
            {
                if (await revoked.IsRevokedAsync(context.Principal!, context.HttpContext.RequestAborted))
                    context.Fail("The token was revoked.");
            });

        // Replaces the policy that doesn't check the list.
        services.AddOptions<AuthorizationOptions>().Configure<RevokedTokens>((options, revoked) => options.AddPolicy(Role.Admin, policy =>
        {
            RequireAdmin(policy);
            policy.RequireAssertion(context =>
            {
                // Other users are refused by their role.
                if (context.User.IsAdmin)
                    revoked.RequireCurrent();
                return true;
            });
        }));
        return builder;
    }

    private static void RequireAdmin(AuthorizationPolicyBuilder policy) => policy.RequireAuthenticatedUser().RequireRole(Role.Admin);

    private static void AddAuthClient(this IServiceCollection services, string name, Action<HttpClient> configure)
    {
        var http = services.AddHttpClient(name, configure);
#pragma warning disable EXTEXP0001 // The fetch loop is the retry.
        http.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
    }

    private static void Configure<TConfiguration>(JwtBearerOptions options, TConfiguration configuration)
        where TConfiguration : class, IConfigurationManager<OpenIdConnectConfiguration>
    {
        options.ConfigurationManager = configuration;
        options.MapInboundClaims = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = TokenFormat.Issuer,
            ValidAudience = TokenFormat.Audience,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            TryAllIssuerSigningKeys = false,
            NameClaimType = TokenFormat.SubjectClaim,
            RoleClaimType = TokenFormat.RoleClaim,
            ClockSkew = ClockSkew,
        };
        options.Events = new JwtBearerEvents();
    }

    private static void CheckAddress(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out _))
            throw new ArgumentException("This is not an absolute URI.", nameof(address));
    }
}
