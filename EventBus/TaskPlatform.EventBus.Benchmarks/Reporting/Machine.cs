using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>The machine and the software versions, without anything that identifies the machine.</summary>
internal sealed record Machine(
    DateTimeOffset MeasuredAt, int Cores, long MemoryGigabytes, string System, string Runtime, string Redis, string Postgres)
{
    /// <summary>The load average of the last minute before the run. A value above the number of cores means noisy results.</summary>
    public double LoadBefore { get; init; } = Load();

    /// <summary>The load average at the end of the run, including this program.</summary>
    public double LoadAfter { get; set; }

    public static async Task<Machine> DescribeAsync(BenchmarkServers servers)
    {
        var info = (string)(await servers.Redis.ExecuteAsync("INFO", "server"))!;
        await using var connection = new NpgsqlConnection(servers.PostgresConnectionString);
        await connection.OpenAsync();
        return new Machine(
            TimeProvider.System.GetUtcNow(),
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30,
            RuntimeInformation.OSArchitecture.ToString(),
            RuntimeInformation.FrameworkDescription,
            info.Split("redis_version:")[1].Split('\r')[0] + ", AOF everysec",
            connection.PostgreSqlVersion + ", durable commits");
    }

    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
}
