namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>How much is measured.</summary>
/// <param name="Rounds">How often, each time bus and limit in turn.</param>
/// <param name="Seconds">How long a measurement takes that goes by time.</param>
/// <param name="Events">How many events a measurement has that goes by events; null: as many as its scenario says.</param>
/// <param name="Smoke">Whether only the results matter.</param>
internal sealed record Effort(int Rounds, double Seconds, int? Events, bool Smoke)
{
    public static readonly Effort OfSmoke = new(Rounds: 1, Seconds: 0.3, Events: 1000, Smoke: true);

    public TimeSpan Time => TimeSpan.FromSeconds(Seconds);

    /// <summary>Enough for the compiler to be done with it: a service that runs for weeks is measured, not its first seconds.</summary>
    public Effort ForWarmUp() => this with { Seconds = 10, Events = 250_000, Smoke = true };

    public int EventsOr(int scenario) => Events ?? scenario;
}
