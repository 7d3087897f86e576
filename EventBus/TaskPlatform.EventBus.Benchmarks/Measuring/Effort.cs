namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>The extent of the measurements.</summary>
/// <param name="Rounds">The number of rounds; each measures the bus and its limit.</param>
/// <param name="Seconds">The duration of time-based measurements.</param>
/// <param name="Events">The number of events of event-based measurements; null for the scenario's default.</param>
/// <param name="Smoke">Whether to check correctness only.</param>
internal sealed record Effort(int Rounds, double Seconds, int? Events, bool Smoke)
{
    public static readonly Effort SmokeTest = new(Rounds: 1, Seconds: 0.3, Events: 1000, Smoke: true);

    public TimeSpan Time => TimeSpan.FromSeconds(Seconds);

    /// <summary>Long enough for tiered compilation to finish, because a long-running service is measured, not its start.</summary>
    public Effort ForWarmUp() => this with { Seconds = 10, Events = 250_000, Smoke = true };

    public int EventsOr(int scenarioDefault) => Events ?? scenarioDefault;
}
