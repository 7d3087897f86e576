using System.Diagnostics;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Measures how long the bus takes to recover.</summary>
internal static class Outage
{
    /// <summary>The guaranteed limit is 5 s; a busy test machine gets more.</summary>
    public static readonly TimeSpan Recovery = TimeSpan.FromSeconds(15);

    /// <summary>The guaranteed limit for half-open connections is 15 s; a busy test machine gets more.</summary>
    public static readonly TimeSpan HalfOpen = TimeSpan.FromSeconds(25);

    /// <summary>Asserts that a new event has its effect within the limit.</summary>
    public static async Task AssertEffectsGoOnAsync(BusView view, TimeSpan limit, string what)
    {
        var started = Stopwatch.GetTimestamp();
        var before = await view.EffectCountAsync();
        await BusView.Until(view.EffectCountAsync, now => now > before);
        var took = Stopwatch.GetElapsedTime(started);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: effects go on after {took.TotalSeconds:0.0} s");
        Assert.InRange(took, TimeSpan.Zero, limit);
    }
}
