namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>All scenarios, in the order of the table.</summary>
internal static class AllScenarios
{
    public static IReadOnlyList<Scenario> Scenarios { get; } =
    [
        new Publish(), new Backlog(), new Consume(), new ConsumeOnce(), new ConsumeOnce(inBatches: false), new EndToEnd("E", types: 1), new Requests(), new LongBacklog(),
        new Workers(), new Idle(), new EndToEnd("J", types: 200),
    ];
}
