using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>The whole platform without any load.</summary>
internal sealed class Idle : Scenario
{
    /// <summary>Methods called once a second are optimized late: tiered compilation waits for thirty calls, and then for thirty more.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(100);

    public override string Name => "I";

    public override string Title => "idle platform, four processes";

    public override string LimitTitle => "";

    public override string Goal => "≤ 1 % of a core and ≤ 120 MB per process, ≤ 20 Redis commands/s";

    public override string Unit => "Redis commands/s";

    public override bool IsReached(Round median)
        => median.Reached <= 20 && median.Figures["most_cpu_percent"] <= 1 && median.Figures["most_own_mb"] <= 120;

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:auth-db"] = await servers.NewDatabaseAsync(),
            ["ConnectionStrings:tasks-db"] = await servers.NewDatabaseAsync(),
            ["ConnectionStrings:notifications-db"] = await servers.NewDatabaseAsync(),
            ["ConnectionStrings:redis"] = servers.RedisConnectionString,
            ["Admin:Email"] = "admin@taskplatform.local",
            ["Admin:Password"] = "the-first-admin",
            ["Logging:LogLevel:Default"] = "Warning",
            ["services:auth:http:0"] = $"http://127.0.0.1:{FreePort.Next()}",
        };
        var services = new Dictionary<string, Worker>();
        try
        {
            var starting = new List<Task>();
            foreach (var service in ServiceProcess.Services.Keys)
            {
                settings["urls"] = service == "auth" ? settings["services:auth:http:0"] : $"http://127.0.0.1:{FreePort.Next()}";
                services[service] = ServiceProcess.Start(service, settings);
                starting.Add(UntilHealthyAsync(services[service], settings["urls"], cancellationToken));
            }

            await Task.WhenAll(starting);
            await Task.Delay(effort.Smoke ? TimeSpan.FromSeconds(0.2) : SettleTime, cancellationToken);
            return await MeasureAsync(servers, services, effort, cancellationToken);
        }
        finally
        {
            await Task.WhenAll(services.Values.Select(service => service.DisposeAsync().AsTask()));
        }
    }

    private static async Task<Round> MeasureAsync(
        BenchmarkServers servers, Dictionary<string, Worker> services, Effort effort, CancellationToken cancellationToken)
    {
        var meter = servers.ServersMeter();
        foreach (var (name, service) in services)
            meter.Add(name, service.Id);
        var commands = await CommandsAsync(servers.Redis);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(effort.Smoke ? effort.Time : 6 * effort.Time, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var rate = (await CommandsAsync(servers.Redis) - commands - 1) / seconds; // Not counting the INFO command itself.
        var costs = meter.Read();
        var own = costs.Where(cost => services.ContainsKey(cost.Name)).ToList();
        return new Round
        {
            Reached = rate,
            Figures = new Dictionary<string, double>
            {
                ["most_cpu_percent"] = own.Max(cost => 100 * cost.CpuSeconds / seconds),
                ["most_own_mb"] = services.Values.Max(service => CostMeter.ProportionalMegabytes(service.Id)),
                ["most_resident_mb"] = own.Max(cost => cost.PeakMegabytes),
            },
            Processes = costs,
        };
    }

    private static async Task<long> CommandsAsync(IDatabase redis)
    {
        var info = (string)(await redis.ExecuteAsync("INFO", "stats"))!;
        const string field = "total_commands_processed:";
        var from = info.IndexOf(field, StringComparison.Ordinal) + field.Length;
        return long.Parse(info.AsSpan(from, info.IndexOf('\r', from) - from), CultureInfo.InvariantCulture);
    }

    private static async Task UntilHealthyAsync(Worker service, string url, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        await UntilAsync(async () =>
        {
            service.EnsureRunning();
            try
            {
                using var response = await http.GetAsync("/health", cancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, cancellationToken);
    }
}
