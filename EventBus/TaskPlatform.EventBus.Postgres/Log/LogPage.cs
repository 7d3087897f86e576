namespace TaskPlatform.EventBus.Postgres;

/// <summary>Rows of the log that wait, in log order.</summary>
/// <param name="Rows">Them.</param>
/// <param name="IsFull">Whether there may be more.</param>
internal sealed record LogPage(List<(long Id, OutgoingEvent Event)> Rows, bool IsFull)
{
    public static LogPage Empty => new([], IsFull: false);

    /// <summary>Where it ends.</summary>
    public long Last { get; } = Rows is [.., var last] ? last.Id : 0;
}
