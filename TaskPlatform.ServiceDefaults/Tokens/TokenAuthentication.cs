using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.OpenApi;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Authenticates callers by the tokens that Auth signs.</summary>
public static class TokenAuthentication
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Verifies tokens with the keys that Auth publishes.</summary>
    public static WebApplicationBuilder AddTokenAuthentication(this WebApplicationBuilder builder)
    {
        builder.RequireSetting(AuthConfiguration.AddressKey, CheckAddress);
        var services = builder.Services;
        var http = services.AddHttpClient(AuthConfiguration.HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(5));
#pragma warning disable EXTEXP0001 // The fetch loop is the retry.
        http.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddHostedService(provider => provider.GetRequiredService<AuthConfiguration>());
        services.AddHealthChecks().Add(new HealthCheckRegistration("token-keys", provider => provider.GetRequiredService<AuthConfiguration>(), null, null));
        return builder.AddTokenAuthentication<AuthConfiguration>();
    }

    /// <summary>Verifies tokens with keys from another source, which is registered as a singleton.</summary>
    public static WebApplicationBuilder AddTokenAuthentication<TConfiguration>(this WebApplicationBuilder builder)
        where TConfiguration : class, IConfigurationManager<OpenIdConnectConfiguration>
    {
        var services = builder.Services;
        services.AddSingleton<TConfiguration>();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<TConfiguration>(Configure);
        services.AddAuthorizationBuilder()
            .AddPolicy(Role.Admin, policy => policy.RequireAuthenticatedUser().RequireRole(Role.Admin));
        builder.AddOpenApiDocument();
        return builder;
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
            throw new ArgumentException("This is not an address.", nameof(address));
    }
}
