using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace TaskPlatform.EventBus.Tests;

/// <summary>Lets a fake clock's time pass.</summary>
internal static class Passing
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Until a task has completed.</summary>
    public static async Task UntilAsync(this FakeTimeProvider clock, Task task, TimeSpan? step = null)
    {
        for (var started = Stopwatch.GetTimestamp(); !task.IsCompleted;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, "It does not complete.");
            clock.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await task;
    }
}
