using System.Diagnostics;
using System.Security.Cryptography;

namespace TaskPlatform.Tests.Servers;

/// <summary>
/// A real server on loopback with its own port, password and folder, which a test can kill, freeze and restart. It never outlives the
/// test process.
/// </summary>
public abstract class LocalServer : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private ServerProcess? process;

    protected LocalServer()
    {
        Folder = Path.Combine(Path.GetTempPath(), $"taskplatform-{GetType().Name}-{Guid.CreateVersion7():n}");
        DataFolder = Path.Combine(Folder, "data");
    }

    public int Port { get; } = FreePort.Next();

    public string Password { get; } = RandomNumberGenerator.GetHexString(24);

    /// <summary>The id of the current process.</summary>
    public int ProcessId => Running.Id;

    public abstract string ConnectionString { get; }

    protected string Folder { get; }

    protected string DataFolder { get; }

    private ServerProcess Running => process is { HasExited: false }
        ? process
        : throw new InvalidOperationException($"{GetType().Name} isn't running.");

    public async ValueTask InitializeAsync()
    {
        try
        {
            await CreateDataAsync();
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server, or restarts it with the same port and data, and returns when it responds.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (process is { HasExited: false })
            throw new InvalidOperationException($"{GetType().Name} is running already.");

        process?.Dispose();
        process = ServerProcess.Start(Command());

        var started = Stopwatch.GetTimestamp();
        while (await TryConnectAsync(cancellationToken) is { } refusal)
        {
            if (process.HasExited)
                throw new InvalidOperationException(
                    $"{GetType().Name} ended instead of starting; ./test installs the servers where they are missing. " +
                    $"Its last words:\n{process.LastOutput}");
            if (Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new TimeoutException(
                    $"{GetType().Name} didn't answer within {StartLimit.TotalSeconds} s: {refusal}\nIts last words:\n{process.LastOutput}");

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    /// <summary>Stops the server gracefully: it closes its files and disconnects its clients.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        var running = Running;
        running.Send(StopSignal);
        return running.WaitForExitAsync(StopLimit, cancellationToken);
    }

    /// <summary>Kills the server, like a crash.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default)
    {
        var running = Running;
        running.KillTree();
        return running.WaitForExitAsync(StopLimit, cancellationToken);
    }

    /// <summary>Freezes the server: connections stay open and the kernel accepts new ones, but there are no responses.</summary>
    public Task PauseAsync(CancellationToken cancellationToken = default) => Running.PauseAsync(cancellationToken);

    /// <summary>Resumes a frozen server.</summary>
    public Task ContinueAsync(CancellationToken cancellationToken = default) => Running.ContinueAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillAsync();
        process?.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected abstract Signal StopSignal { get; }

    private protected abstract ServerCommand Command();

    protected abstract Task CreateDataAsync();

    /// <summary>Returns null if the server responds, otherwise the reason why it doesn't.</summary>
    protected abstract Task<string?> TryConnectAsync(CancellationToken cancellationToken);

    protected void EnsureStopped()
    {
        if (process is { HasExited: false })
            throw new InvalidOperationException($"Stop {GetType().Name} before you change its files.");
    }
}
