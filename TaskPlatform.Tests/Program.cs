using System.Runtime.InteropServices;
using TaskPlatform.Tests.EventBus;
using Xunit.Runner.InProc.SystemConsole;

namespace TaskPlatform.Tests;

/// <summary>The test runner; or, if a test starts it, a process with the bus that the test can kill.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        [BusChild.Command, var settings] => BusChild.RunAsync(settings),
        _ when args.Contains("--server") => Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
            args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => RunTestsAsync(args),
    };

    /// <summary>SIGTERM ends the run. Otherwise only the hosts inside of it would stop, and each of the remaining tests would fail.</summary>
    private static async Task<int> RunTestsAsync(string[] args)
    {
        using var runner = new ConsoleRunner(args);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            runner.Cancel();
        });
        var exitCode = await runner.EntryPoint();

        // Not even by a thread that a test left behind is the process kept alive.
        Environment.Exit(exitCode);
        return exitCode;
    }
}
