namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>A performance requirement of the bus, and how it is measured.</summary>
internal abstract class Scenario
{
    /// <summary>The letter that identifies it on the command line.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>A description of the limit.</summary>
    public abstract string LimitTitle { get; }

    /// <summary>A description of the goal.</summary>
    public abstract string Goal { get; }

    /// <summary>The unit of <see cref="Round.Reached"/>.</summary>
    public virtual string Unit => "events/s";

    /// <summary>Whether the median of the rounds meets the goal.</summary>
    public abstract bool IsReached(Round median);

    /// <summary>Measures the bus and its limit once.</summary>
    public abstract Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken);

    /// <summary>Polls until a condition holds; the interval is short enough to measure rates over seconds.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(2), cancellationToken);
    }
}
