using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>A separate process that consumes until it is stopped.</summary>
internal sealed class Worker : IAsyncDisposable
{
    public const string Command = "worker";

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(45);

    private readonly ServerProcess process;

    private Worker(ServerProcess process) => this.process = process;

    public int Id => process.Id;

    /// <summary>Starts a worker.</summary>
    /// <param name="environment">The environment to use.</param>
    /// <param name="insertsRows">Whether its handler inserts rows, or does nothing.</param>
    public static Worker Start(BenchmarkEnvironment environment, bool insertsRows)
        => Start([Command, JsonSerializer.Serialize(new Settings(environment, insertsRows))]);

    /// <summary>Starts this program with the given arguments.</summary>
    public static Worker Start(IEnumerable<string> arguments)
        => new(ServerProcess.Start(new ServerCommand(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            ["exec", typeof(Worker).Assembly.Location, .. arguments])));

    /// <summary>The entry point of the process.</summary>
    public static async Task<int> RunAsync(string settingsJson, CancellationToken cancellationToken)
    {
        var settings = JsonSerializer.Deserialize<Settings>(settingsJson)!;
        using var host = settings.InsertsRows ? BusHost.RowWriter(settings.Environment) : BusHost.Consumer<Ignore>(settings.Environment, counter: null);
        using var stopping = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        });
        await host.RunAsync(cancellationToken);
        return 0;
    }

    /// <summary>Pauses the process with SIGSTOP.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => process.PauseAsync(cancellationToken);

    public Task ContinueAsync(CancellationToken cancellationToken) => process.ContinueAsync(cancellationToken);

    public void EnsureRunning()
    {
        if (process.HasExited)
            throw new InvalidOperationException($"A process of the measurement ended. Its last output:\n{process.LastOutput}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Send(Signal.Terminate);
            await process.WaitForExitAsync(StopTimeout, CancellationToken.None);
        }

        process.Dispose();
    }

    private sealed record Settings(BenchmarkEnvironment Environment, bool InsertsRows);
}
