using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;
using TaskPlatform.EventBus.Dashboard.Admin.Streams;

namespace TaskPlatform.EventBus.Dashboard.Admin;

/// <summary>The admin API.</summary>
internal static class AdminEndpoints
{
    public static void AddAdministration(this IServiceCollection services)
    {
        services.AddScoped<AuditEntry>();
        services.AddScoped<BulkJobs>();
        services.AddScoped<ReplayStart>();
        services.AddScoped<JobCancellation>();
        services.AddScoped<SweepStep>();
        services.AddScoped<ReplayStep>();
        services.AddSingleton<JobRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<JobRunner>());
        services.AddExceptionHandler<RedisProblem>();
    }

    public static void MapAdminEndpoints(this IEndpointRouteBuilder app, string policy)
    {
        var admin = app.MapGroup("/admin").RequireAuthorization(policy).AddEndpointFilter<RouteGroupBuilder, AuditFilter>();

        var deadLetters = admin.MapGroup("/dlq").WithTags("Dead letters");
        ListDeadLetters.Map(deadLetters);
        GroupDeadLetters.Map(deadLetters);
        GetDeadLetter.Map(deadLetters);
        ReprocessDeadLetter.Map(deadLetters);
        ReprocessDeadLetters.Map(deadLetters);
        SkipDeadLetter.Map(deadLetters);
        DeleteDeadLetter.Map(deadLetters);
        PurgeDeadLetters.Map(deadLetters);

        var streams = admin.MapGroup("/streams").WithTags("Streams");
        ListStreams.Map(streams);
        GetStream.Map(streams);
        PeekEntries.Map(streams);
        ListPending.Map(streams);
        RemoveGroup.Map(streams);
        ReplayEvents.Map(streams);

        var jobs = admin.MapGroup("/jobs").WithTags("Jobs");
        ListJobs.Map(jobs);
        GetJob.Map(jobs);
        CancelJob.Map(jobs);

        ListActions.Map(admin.MapGroup("").WithTags("Audit"));
    }
}
