namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>Something that the bus must be fast at.</summary>
internal abstract class Scenario
{
    /// <summary>What it is called on the command line: a letter.</summary>
    public abstract string Name { get; }

    public abstract string Title { get; }

    /// <summary>What the limit is that it stands beside.</summary>
    public abstract string LimitTitle { get; }

    /// <summary>What it must reach, in words.</summary>
    public abstract string Goal { get; }

    /// <summary>What <see cref="Round.Reached"/> counts.</summary>
    public virtual string Unit => "events/s";

    /// <summary>Whether the median of the rounds reaches the goal.</summary>
    public abstract bool IsReached(Round median);

    /// <summary>Measures bus and limit once.</summary>
    public abstract Task<Round> RunAsync(Stage stage, Effort effort, CancellationToken cancellationToken);

    /// <summary>Returns when something holds; looks often enough for rates over seconds.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        while (!await holds())
            await Task.Delay(TimeSpan.FromMilliseconds(2), cancellationToken);
    }
}
