using TaskPlatform.Notifications.Admin.Audit;
using TaskPlatform.Notifications.Admin.DeadLetters;
using TaskPlatform.Notifications.Admin.Jobs;
using TaskPlatform.Notifications.Admin.Streams;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Admin;

/// <summary>What those who run the platform can see and do.</summary>
internal static class AdminEndpoints
{
    public static void AddAdministration(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddScoped<AuditEntry>();
        services.AddScoped<BulkJobs>();
        services.AddScoped<ReplayStart>();
        services.AddScoped<JobCancellation>();
        services.AddScoped<SweepStep>();
        services.AddScoped<ReplayStep>();
        services.AddSingleton<JobSignal>();
        services.AddHostedService<JobRunner>();
        services.AddExceptionHandler<RedisProblem>();
    }

    public static void MapAdminEndpoints(this IEndpointRouteBuilder app)
    {
        var admin = app.MapGroup("/admin").RequireAuthorization(Role.Admin).AddEndpointFilter<RouteGroupBuilder, AuditFilter>();

        var deadLetters = admin.MapGroup("/dlq").WithTags("Dead letters");
        ListDeadLetters.Map(deadLetters);
        GroupDeadLetters.Map(deadLetters);
        GetDeadLetter.Map(deadLetters);
        ReprocessDeadLetter.Map(deadLetters);
        ReprocessDeadLetters.Map(deadLetters);
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
