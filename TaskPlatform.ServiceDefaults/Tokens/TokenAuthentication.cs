using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.OpenApi;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Tokens;

/// <summary>Has a service know its callers by the tokens that Auth signs.</summary>
public static class TokenAuthentication
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Verifies tokens with the keys that Auth publishes.</summary>
    public static WebApplicationBuilder AddTokenAuthentication(this WebApplicationBuilder builder)
    {
        builder.RequireSetting(PublishedTokenKeys.AddressKey, PublishedTokenKeys.CheckAddress);
        builder.Services.AddHttpClient(PublishedTokenKeys.HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(5));
        return builder.AddTokenAuthentication<PublishedTokenKeys>();
    }

    /// <summary>Verifies tokens with keys from elsewhere; registered as a singleton.</summary>
    public static WebApplicationBuilder AddTokenAuthentication<TKeys>(this WebApplicationBuilder builder)
        where TKeys : class, ITokenKeys
    {
        var services = builder.Services;
        services.AddSingleton<TKeys>();
        services.AddSingleton<ITokenKeys>(provider => provider.GetRequiredService<TKeys>());
        services.AddHttpContextAccessor();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<ITokenKeys, IHttpContextAccessor>(Configure);
        services.AddAuthorizationBuilder()
            .AddPolicy(Role.Admin, policy => policy.RequireAuthenticatedUser().RequireRole(Role.Admin));
        builder.AddOpenApiDocument();
        return builder;
    }

    private static void Configure(JwtBearerOptions options, ITokenKeys keys, IHttpContextAccessor requests)
    {
        options.MapInboundClaims = false;
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(new TokenVerifier(keys, requests));
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = TokenFormat.Issuer,
            ValidAudience = TokenFormat.Audience,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            NameClaimType = TokenFormat.SubjectClaim,
            RoleClaimType = TokenFormat.RoleClaim,
            ClockSkew = ClockSkew,
        };
        options.Events = new JwtBearerEvents { OnAuthenticationFailed = RethrowUnlessRefused };
    }

    // Without keys a token is neither good nor bad: that is a 503, not a 401.
    private static Task RethrowUnlessRefused(AuthenticationFailedContext context)
    {
        if (context.Exception is TokenKeysUnavailableException)
            ExceptionDispatchInfo.Throw(context.Exception);
        return Task.CompletedTask;
    }
}
