using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A child process with the bus, which a test can kill, freeze and stop.</summary>
internal sealed class BusChild : IAsyncDisposable
{
    public const string Command = "bus-child";

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(45);

    private readonly ServerProcess process;

    private BusChild(ServerProcess process) => this.process = process;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public string LastOutput => process.LastOutput;

    public static BusChild Start(BusChildSettings settings)
        => new(ServerProcess.Start(new ServerCommand(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            ["exec", typeof(BusChild).Assembly.Location, Command, JsonSerializer.Serialize(settings)])));

    /// <summary>Runs the child: the work of <see cref="BusProcess"/>, until it is stopped.</summary>
    public static async Task<int> RunAsync(string settingsJson)
    {
        var settings = JsonSerializer.Deserialize<BusChildSettings>(settingsJson)!;
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(options => options.SingleLine = true));
        using var host = BusProcess.Build(settings.Place, new ConsoleLoggers(loggers), services => { }, settings.Apply, [.. settings.Groups]);
        using var stopping = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGTERM, signal =>
            {
                signal.Cancel = true;
                host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            });
        await host.StartAsync();
        try
        {
            await BusProcess.WriteAsync(
                host.Services, settings.Write, host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // Stopped while it was working.
        }

        await host.WaitForShutdownAsync();
        return 0;
    }

    public async Task KillAsync()
    {
        process.KillTree();
        await process.WaitForExitAsync(StopLimit, TestContext.Current.CancellationToken);
    }

    public async Task StopAsync()
    {
        process.Send(Signal.Terminate);
        await process.WaitForExitAsync(StopLimit, TestContext.Current.CancellationToken);
    }

    public Task WaitForExitAsync() => process.WaitForExitAsync(StopLimit, TestContext.Current.CancellationToken);

    public Task PauseAsync() => process.PauseAsync(TestContext.Current.CancellationToken);

    public Task ContinueAsync() => process.ContinueAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
    }

    private sealed class ConsoleLoggers(ILoggerFactory loggers) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => loggers.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }
}

/// <summary>The settings of a <see cref="BusChild"/>.</summary>
internal sealed record BusChildSettings(BusPlace Place)
{
    /// <summary>The groups that it consumes as; none by default.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>The notes that it writes, one transaction each.</summary>
    public IReadOnlyList<NoteWritten> Write { get; init; } = [];

    public TimeSpan ClaimIdle { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan ClaimInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public int MaxRetries { get; init; } = 3;

    public string? InstanceId { get; init; }

    public void Apply(EventBusOptions options)
    {
        options.ClaimIdle = ClaimIdle;
        options.ClaimInterval = ClaimInterval;
        options.MaxRetries = MaxRetries;
        options.InstanceId = InstanceId;
        options.RetryDelays.Clear();
        options.RetryDelays.Add(RetryDelay);
    }
}
