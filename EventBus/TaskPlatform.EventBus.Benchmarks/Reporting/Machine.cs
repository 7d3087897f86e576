using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>Where the figures come from; nothing that names the machine.</summary>
internal sealed record Machine(
    DateTimeOffset MeasuredAt, int Cores, long MemoryGigabytes, string System, string Runtime, string Redis, string Postgres)
{
    /// <summary>How many processes wanted to run at a time, over the last minute, when it began: more than the cores is noise.</summary>
    public double LoadBefore { get; init; } = Load();

    /// <summary>And at its end, with this program's own.</summary>
    public double LoadAfter { get; set; }

    public static async Task<Machine> DescribeAsync(Stage stage)
    {
        var info = (string)(await stage.Redis.ExecuteAsync("INFO", "server"))!;
        await using var connection = new NpgsqlConnection(stage.PostgresConnectionString);
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
