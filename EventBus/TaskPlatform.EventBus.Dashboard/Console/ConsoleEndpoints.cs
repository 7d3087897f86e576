using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Console.Charts;
using TaskPlatform.EventBus.Dashboard.Console.Pages;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>The operators' console: server-rendered pages that work without scripts.</summary>
internal static class ConsoleEndpoints
{
    public static void AddConsole<TDb>(this WebApplicationBuilder builder)
        where TDb : DbContext, IDataProtectionKeyContext
    {
        var services = builder.Services;
        services.AddOptions<ConsoleOptions>().BindConfiguration(ConsoleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddRazorComponents();
        services.AddAuthentication().AddCookie(ConsoleSession.Scheme);
        services.AddOptions<CookieAuthenticationOptions>(ConsoleSession.Scheme).Configure<IOptions<EventBusDashboardOptions>>(ConsoleSession.Configure);
        services.AddAuthorization();
        services.AddAntiforgery();
        services.AddOptions<AntiforgeryOptions>().Configure<IOptions<EventBusDashboardOptions>>(ConsoleForms.Configure);
        services.AddHostedService<ChartWriter>();
        ConsoleAssets.Locate(builder);

        // Stored in the database, the keys survive restarts and are shared by all instances. They are as safe as the database, so the framework's
        // warning that they are not encrypted is suppressed.
        services.AddDataProtection().SetApplicationName(builder.Environment.ApplicationName).PersistKeysToDbContext<TDb>();
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
    }

    /// <summary>Adds the console's middleware. Must come after authentication and before the endpoints.</summary>
    public static void UseConsole(this WebApplication app)
    {
        app.Use(ConsoleHeaders.AddAsync);
        app.Use(ConsoleForms.ReadAsync);
        app.UseAntiforgery();
    }

    public static void MapConsole(this IEndpointRouteBuilder app, Action<AuthorizationPolicyBuilder>? require)
    {
        ConsoleAssets.Map(app);
        var site = app.MapGroup(ConsoleSession.Path)
            .ExcludeFromDescription()
            .WithConsoleAssets(app)
            .WithMetadata(new RequireAntiforgeryTokenAttribute())
            .AddEndpointFilter<RouteGroupBuilder, ConsolePages>();
        SignIn.Map(site);

        var session = site.MapGroup("").RequireSession(require);
        SignOut.Map(WithChecks(session.MapGroup("")));

        var console = WithChecks(session.MapGroup("").AddEndpointFilter<RouteGroupBuilder, CurrentSessions>());
        ShowOverview.Map(console);
        ShowDeadLetters.Map(console);
        ShowDeadLetter.Map(console);
        ActOnDeadLetter.Map(console);
        SweepDeadLetters.Map(console);
        ShowStream.Map(console);
        StartReplay.Map(console);
        ShowLive.Map(console);
        StreamLive.Map(console);
        ShowJobs.Map(console);
        ShowJob.Map(console);
        StopJob.Map(console);
        ShowAudit.Map(console);
    }

    private static RouteGroupBuilder WithChecks(RouteGroupBuilder pages)
        => pages.AddEndpointFilter<RouteGroupBuilder, ConsoleForms>().AddEndpointFilter<RouteGroupBuilder, AuditFilter>();
}
