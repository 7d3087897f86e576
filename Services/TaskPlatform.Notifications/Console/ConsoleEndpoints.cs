using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using TaskPlatform.Notifications.Admin.Audit;
using TaskPlatform.Notifications.Console.Charts;
using TaskPlatform.Notifications.Console.Pages;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Http;

namespace TaskPlatform.Notifications.Console;

/// <summary>The operators' console: pages that are rendered on the server, and need no script to work.</summary>
internal static class ConsoleEndpoints
{
    public static void AddConsole(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ConsoleOptions>().BindConfiguration(ConsoleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddRazorComponents();
        services.AddAuthentication().AddCookie(ConsoleSession.Scheme, ConsoleSession.Configure);
        services.AddAntiforgery(ConsoleForms.Configure);
        services.AddHttpClient(SignIn.HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(10)).ForwardClientAddress();
        services.AddHostedService<Sampler>();
        ConsoleAssets.Find(builder);

        // Sessions and forms stay valid after a restart and on every instance. The keys are as safe as the database; the framework's
        // warning that they are not encrypted in it is not shown.
        services.AddDataProtection().SetApplicationName("TaskPlatform.Notifications").PersistKeysToDbContext<NotificationsDb>();
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
    }

    /// <summary>Adds the console's middleware. Comes after authentication and before the endpoints.</summary>
    public static void UseConsole(this WebApplication app)
    {
        app.Use(ConsoleHeaders.AddAsync);
        app.Use(ConsoleForms.ReadAsync);
        app.UseAntiforgery();
    }

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        ConsoleAssets.Map(app);
        var site = app.MapGroup(ConsoleSession.Path)
            .ExcludeFromDescription()
            .WithConsoleAssets(app)
            .WithMetadata(new RequireAntiforgeryTokenAttribute())
            .AddEndpointFilter<RouteGroupBuilder, ConsolePages>();
        SignIn.Map(site);

        var session = site.MapGroup("").RequireAdminSession();
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
