using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using TaskPlatform.Tests.AppHost;

namespace TaskPlatform.Tests.Benchmarks;

[Collection(Processes.Name)]
public sealed class SmokeTests
{
    private const int Limit = 5 * 60_000; // ms

    [Fact(Timeout = Limit)]
    public async Task Every_benchmark_scenario_handles_each_event_exactly_once()
    {
        var json = Path.Combine(Path.GetTempPath(), $"taskplatform-smoke-{Guid.CreateVersion7():n}.json");
        try
        {
            var output = await RunAsync("all", "--smoke", "--json", json);

            Assert.True(File.Exists(json), output);
            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
            var scenarios = report.RootElement.GetProperty("scenarios").EnumerateArray().ToList();
            Assert.Equal("A B C D D1 E F G H I J", string.Join(' ', scenarios.Select(scenario => scenario.GetProperty("name").GetString())));
            Assert.All(scenarios, scenario =>
            {
                var result = scenario.GetProperty("median");
                Assert.Equal(0, result.GetProperty("missing").GetInt64());
                Assert.Equal(0, result.GetProperty("duplicates").GetInt64());
                if (scenario.GetProperty("name").GetString() != "I") // Scenario I is idle.
                    Assert.True(result.GetProperty("events").GetInt64() > 0);
            });
        }
        finally
        {
            File.Delete(json);
        }
    }

    /// <summary>Runs the program and returns its output.</summary>
    private static async Task<string> RunAsync(params string[] arguments)
    {
        var program = typeof(SmokeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Benchmarks").Value!;
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        var text = string.Join('\n', await output);
        Assert.True(process.ExitCode == 0, text);
        return text;
    }
}
