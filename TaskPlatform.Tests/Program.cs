using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests;

/// <summary>The tests; or, started by one of them, a process with the bus in it that the test may kill.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args switch
    {
        [BusChild.Command, var settings] => BusChild.RunAsync(settings),
        _ when args.Contains("--server") => Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
            args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
    };
}
