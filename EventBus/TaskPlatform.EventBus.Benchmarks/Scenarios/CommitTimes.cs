using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>When each event, and when its effect was committed.</summary>
internal sealed class CommitTimes(int expected) : IDbTransactionInterceptor
{
    private readonly long[] published = new long[expected];
    private readonly long[] handled = new long[expected];
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, bool> seen = new();

    /// <summary>Ends when every effect was committed.</summary>
    public Task Done => done.Task;

    /// <summary>In the order of the events. An effect may be there before its publisher's own code goes on.</summary>
    public IEnumerable<double> Milliseconds
        => published.Zip(handled, (from, to) => Math.Max(0, Stopwatch.GetElapsedTime(from, to).TotalMilliseconds));

    public void WatchEffects(IServiceCollection services)
        => services.ConfigureDbContext<BenchmarkDb>(options => options.AddInterceptors(this));

    public void Published(int id) => published[id] = Stopwatch.GetTimestamp();

    public void Handled(int id)
    {
        handled[id] = Stopwatch.GetTimestamp();
        if (seen.TryAdd(id, true) && seen.Count == expected)
            done.TrySetResult();
    }

    public Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        foreach (var effect in eventData.Context!.ChangeTracker.Entries<EffectRow>())
            Handled(effect.Entity.MeasuredId);
        return Task.CompletedTask;
    }
}
