namespace TaskPlatform.Tests.EventBus;

/// <summary>A load: writes notes one after the other, whatever happens meanwhile.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<int, string> text;
    private readonly Task writing;
    private int written;
    private int refused;

    private Load(BusProcess process, TimeSpan pace, Func<int, string>? text)
    {
        this.text = text ?? (_ => "good");
        writing = WriteAsync(process, pace);
    }

    /// <summary>The number of notes whose commit succeeded, as far as the writer knows.</summary>
    public int Written => Volatile.Read(ref written);

    /// <summary>The number of notes whose commit failed.</summary>
    public int Refused => Volatile.Read(ref refused);

    public static Load On(BusProcess process, TimeSpan? pace = null, Func<int, string>? text = null)
        => new(process, pace ?? TimeSpan.FromMilliseconds(10), text);

    /// <summary>Waits until the given number of further notes is written.</summary>
    public Task MoreAsync(int count)
    {
        var goal = Written + count;
        return BusView.Until(() => Task.FromResult(Written), now => now >= goal);
    }

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await writing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stopping.Dispose();
    }

    private async Task WriteAsync(BusProcess process, TimeSpan pace)
    {
        for (var id = 1; !stopping.IsCancellationRequested; id++)
        {
            try
            {
                await BusProcess.WriteAsync(process.Services, [new NoteWritten(id, text(id))], CancellationToken.None);
                Interlocked.Increment(ref written);
            }
            catch (Exception)
            {
                Interlocked.Increment(ref refused);
            }

            await Task.Delay(pace, CancellationToken.None);
        }
    }
}
