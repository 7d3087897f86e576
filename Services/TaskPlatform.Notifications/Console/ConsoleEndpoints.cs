using Microsoft.AspNetCore.Authentication.JwtBearer;
using TaskPlatform.Notifications.Admin.Audit;
using TaskPlatform.Notifications.Console.Charts;
using TaskPlatform.Notifications.Console.Pages;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Console;

/// <summary>The operators' console: pages that are made here, and need no script to work.</summary>
internal static class ConsoleEndpoints
{
    public static void AddConsole(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ConsoleOptions>().BindConfiguration(ConsoleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddRazorComponents();
        services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, ConsoleSession.Configure);
        services.AddHttpClient(SignIn.HttpClientName, client => client.Timeout = TimeSpan.FromSeconds(10));
        services.AddHostedService<Sampler>();
    }

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        var site = app.MapGroup(ConsoleSession.Path).ExcludeFromDescription().AddEndpointFilter<RouteGroupBuilder, ConsolePages>();
        OwnAssets.Map(site);
        SignIn.Map(site);

        var console = site.MapGroup("")
            .RequireAuthorization(Role.Admin)
            .AddEndpointFilter<RouteGroupBuilder, OwnForms>()
            .AddEndpointFilter<RouteGroupBuilder, Audited>();
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
        SignOut.Map(console);
    }
}
