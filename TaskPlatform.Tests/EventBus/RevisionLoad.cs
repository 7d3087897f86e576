namespace TaskPlatform.Tests.EventBus;

/// <summary>A load: revises all notes again and again, each round in one transaction.</summary>
internal sealed class RevisionLoad : IAsyncDisposable
{
    public const int Notes = 20;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(150);

    private readonly CancellationTokenSource stopping = new();
    private readonly Task revising;
    private int revisions;

    private RevisionLoad(BusProcess process) => revising = ReviseAsync(process);

    /// <summary>The number of revisions of each note.</summary>
    public int Revisions => Volatile.Read(ref revisions);

    public static RevisionLoad On(BusProcess process) => new(process);

    /// <summary>Waits for the given number of further revisions.</summary>
    public Task MoreAsync(int count)
    {
        var goal = Revisions + count;
        return BusView.Until(() => Task.FromResult(Revisions), now => now >= goal || revising.IsFaulted);
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await revising;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        stopping.Dispose();
    }

    private async Task ReviseAsync(BusProcess process)
    {
        while (!stopping.IsCancellationRequested)
        {
            await process.ReviseAsync(Notes, Revisions + 1);
            Interlocked.Increment(ref revisions);
            await Task.Delay(Pace, CancellationToken.None);
        }
    }
}
