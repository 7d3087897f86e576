using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace TaskPlatform.EventBus.Benchmarks.Limits;

/// <summary>The minimal end-to-end path of an event: XADD, a blocking read, and one commit of the two rows.</summary>
internal static class RawEndToEnd
{
    public static async Task<Latency?> RunAsync(BenchmarkEnvironment environment, double rate, TimeSpan time, CancellationToken cancellationToken)
    {
        var count = (int)(rate * time.TotalSeconds);
        var milliseconds = new double[count];
        var sent = new long[count];
        var key = environment.Prefix + "end_to_end";
        using var writer = new RedisPipe(environment.Redis);
        writer.Append("XGROUP", "CREATE", key, "raw", "0", "MKSTREAM");
        writer.Send();
        writer.Skip();

        var reading = Task.Factory.StartNew(
            () => Read(environment, key, sent, milliseconds), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var wait = TimeSpan.FromSeconds(i / rate) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, cancellationToken);
            writer.Append("XADD", key, "*", "id", i.ToString(CultureInfo.InvariantCulture));
            sent[i] = Stopwatch.GetTimestamp();
            writer.Send();
            writer.Skip();
        }

        await reading;
        return Latency.Of(milliseconds);
    }

    private static void Read(BenchmarkEnvironment environment, string key, long[] sent, double[] milliseconds)
    {
        using var pipe = new RedisPipe(environment.Redis);
        using var connection = new NpgsqlConnection(environment.Postgres);
        connection.Open();
        for (var done = 0; done < sent.Length;)
        {
            pipe.Append("XREADGROUP", "GROUP", "raw", "raw", "COUNT", "1", "BLOCK", "2000", "STREAMS", key, ">");
            pipe.Send();
            if (pipe.Array() < 0)
                continue;

            pipe.Array();
            pipe.Skip();
            pipe.Array();
            pipe.Array();
            pipe.Skip();
            pipe.Array();
            pipe.Skip();
            var id = int.Parse(Encoding.ASCII.GetString(pipe.Bulk()), CultureInfo.InvariantCulture);
            RawInserts.InsertAsync(connection, [Guid.CreateVersion7()], asArrays: false).GetAwaiter().GetResult();
            milliseconds[id] = Stopwatch.GetElapsedTime(sent[id]).TotalMilliseconds;
            done++;
        }
    }
}
