namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Only counts events.</summary>
internal sealed class CountOnly(Counter counter) : IEventHandler<Measured>
{
    public Task HandleAsync(Measured data, EventContext context, CancellationToken cancellationToken)
    {
        counter.Add(data.Id);
        return Task.CompletedTask;
    }
}

/// <summary>Does nothing.</summary>
internal sealed class Ignore : IEventHandler<Measured>
{
    public Task HandleAsync(Measured data, EventContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Inserts a row, like the platform's own handlers.</summary>
internal sealed class InsertRow(BenchmarkDb db) : IEventHandler<Measured>
{
    public const string Text = "You have a new task: measure this";

    public Task HandleAsync(Measured data, EventContext context, CancellationToken cancellationToken)
    {
        db.Effects.Add(new EffectRow
        {
            Id = Guid.CreateVersion7(),
            EventId = context.EventId,
            MeasuredId = data.Id,
            Text = Text,
        });
        return Task.CompletedTask;
    }
}
