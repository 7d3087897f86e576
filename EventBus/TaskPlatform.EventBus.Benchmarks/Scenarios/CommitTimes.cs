using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Records when each event and its effect were committed.</summary>
internal sealed class CommitTimes(int expected) : IDbTransactionInterceptor
{
    private readonly long[] published = new long[expected];
    private readonly long[] handled = new long[expected];
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, bool> seen = new();

    /// <summary>Completes when every effect was committed.</summary>
    public Task Done => done.Task;

    /// <summary>The latencies, in the order of the events. An effect may be committed before the publisher's own code continues.</summary>
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
