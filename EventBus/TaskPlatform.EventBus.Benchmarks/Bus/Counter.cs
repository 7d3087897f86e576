using System.Diagnostics;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Counts how often each event was handled.</summary>
internal sealed class Counter(int expected)
{
    private readonly int[] handled = new int[expected];
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int distinct;
    private long first;

    /// <summary>Completes when every event was handled at least once.</summary>
    public Task Done => done.Task;

    public long Missing => expected - Volatile.Read(ref distinct);

    public long Duplicates => handled.Sum(times => Math.Max(0L, times - 1L));

    /// <summary>The time since the first event was handled.</summary>
    public TimeSpan SinceFirst => Stopwatch.GetElapsedTime(Volatile.Read(ref first));

    public void Add(int id)
    {
        if (first == 0)
            Interlocked.CompareExchange(ref first, Stopwatch.GetTimestamp(), 0);
        if (Interlocked.Increment(ref handled[id]) == 1 && Interlocked.Increment(ref distinct) == expected)
            done.TrySetResult();
    }
}
