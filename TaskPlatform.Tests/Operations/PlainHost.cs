using System.Security.Claims;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Dashboard;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Operations;

/// <summary>A host of the dashboard that is no service of the platform: accounts, policy and claims of its own.</summary>
internal static class PlainHost
{
    public const string Policy = "operators";
    public const string OperatorHeader = "X-Operator";

    public static WebApplicationBuilder Build(
        string redis, string postgres, string prefix, IOperatorAuthenticator? operators, Action<EventBusDashboardOptions> configure, bool snakeCase = true)
    {
        // The name of a program that was built with the dashboard, and so with its static assets.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "TaskPlatform.Notifications" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["ConnectionStrings:redis"] = redis, ["EventBus:KeyPrefix"] = prefix });
        builder.Services.AddDbContext<Db>(db => db.UseNpgsql(postgres));
        builder.Services.AddProblemDetails();
        builder.Services.AddAuthentication(Policy).AddScheme<AuthenticationSchemeOptions, HeaderAuthentication>(Policy, configureOptions: null);
        builder.Services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.RequireAuthenticatedUser());
        if (snakeCase)
            builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        if (operators is not null)
            builder.Services.AddSingleton(operators);
        builder.AddEventBus("redis", new EventCatalog().Add<NoteWritten>());
        builder.AddEventBusDashboard<Db>(configure);
        return builder;
    }

    internal sealed class Db(DbContextOptions<Db> options) : DbContext(options), IDataProtectionKeyContext
    {
        public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddEventBusDashboard();
    }

    /// <summary>Accepts one password, and says of every session what the test says.</summary>
    internal sealed class Operators : IOperatorAuthenticator
    {
        public const string Password = "open sesame";

        public SessionStatus Status { get; set; } = SessionStatus.Valid;

        public string? RevokedToken { get; private set; }

        public Task<SignInOutcome> SignInAsync(string email, string password, CancellationToken cancellationToken)
            => Task.FromResult(password == Password
                ? SignInOutcome.Accepted(new OperatorSession(
                    new ClaimsIdentity([new("sub", "7"), new("email", email)], "test"), TimeProvider.System.GetUtcNow().AddHours(1), "a token"))
                : SignInOutcome.Rejected(403, "The shop is closed."));

        public Task<string> SignOutAsync(string? token, CancellationToken cancellationToken)
        {
            RevokedToken = token;
            return Task.FromResult("Revoked.");
        }

        public ValueTask<SessionStatus> CheckAsync(ClaimsPrincipal session, CancellationToken cancellationToken) => ValueTask.FromResult(Status);
    }

    private sealed class HeaderAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
            => Task.FromResult(Request.Headers[OperatorHeader].ToString() is { Length: > 0 } name
                ? AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, name)], Policy)), Policy))
                : AuthenticateResult.NoResult());
    }
}
