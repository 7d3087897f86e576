namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Does nothing but count.</summary>
internal sealed class CountOnly(Counter counter) : IEventHandler<Measured>
{
    public Task HandleAsync(Measured data, EventContext context, CancellationToken cancellationToken)
    {
        counter.Add(data.Id);
        return Task.CompletedTask;
    }
}

/// <summary>Does nothing at all.</summary>
internal sealed class Ignore : IEventHandler<Measured>
{
    public Task HandleAsync(Measured data, EventContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Leaves a row, as the platform's own handlers do.</summary>
internal sealed class LeaveRow(BenchmarkDb db) : IEventHandler<Measured>
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
