using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Idempotency;

/// <summary>Deletes expired idempotency records.</summary>
internal sealed class IdempotencyCleanup(IServiceScopeFactory scopes, TimeProvider time, BackgroundLoops loops) : BackgroundService
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(1);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Runs the cleanup once.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var before = time.GetUtcNow() - Retention;
        await scope.ServiceProvider.GetRequiredService<TasksDb>()
            .IdempotencyRecords.Where(record => record.CreatedAt < before).ExecuteDeleteAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("idempotency cleanup") { Interval = Interval, WaitsFirst = true }, RunOnceAsync, stoppingToken);
}
