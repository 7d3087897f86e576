namespace TaskPlatform.Tests.Servers;

/// <summary>
/// Has what keeps every core busy for half a minute (a graph that boots, the benchmarks) run one at a time: side by side they take as long, and
/// everything else exceeds its limits meanwhile.
/// </summary>
internal static class HeavyStart
{
    private static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>Waits for its turn, which ends when the result is disposed.</summary>
    public static async Task<IDisposable> TakeTurnAsync(CancellationToken cancellationToken = default)
    {
        await Gate.WaitAsync(cancellationToken);
        return new Turn();
    }

    private sealed class Turn : IDisposable
    {
        public void Dispose() => Gate.Release();
    }
}
