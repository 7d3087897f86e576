namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Every scenario, in the order of the table.</summary>
internal static class AllScenarios
{
    public static IReadOnlyList<Scenario> Scenarios { get; } =
    [
        new Publish(), new Backlog(), new Consume(), new ConsumeOnce(), new ConsumeOnce(inBatches: false), new Journey("E", types: 1), new Requests(), new LongBacklog(),
        new Workers(), new Idle(), new Journey("J", types: 200),
    ];
}
