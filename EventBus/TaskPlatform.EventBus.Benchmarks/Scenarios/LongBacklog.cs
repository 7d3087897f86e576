using System.Diagnostics;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>A backlog that would not fit into the memory of a worker without back-pressure.</summary>
internal sealed class LongBacklog : Scenario
{
    private const int Million = 1_000_000;
    private const double MaxMegabytes = 200;

    public override string Name => "G";

    public override string Title => "a million events drained by one worker process";

    public override string LimitTitle => "raw XREADGROUP + XACK";

    public override string Goal => "≤ 200 MB and flat; last tenth ≥ 0.9 × the first";

    public override bool IsReached(Round median)
        => median.Events >= Million && median.Figures["worker_peak_mb"] <= MaxMegabytes && median.Figures["last_tenth_to_first"] >= 0.9;

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(Million);
        var environment = await servers.NewEnvironmentAsync();
        RawStream.Add(environment.Redis, environment.StreamKey, events);
        var limit = events / RawStream.Consume(environment.Redis, environment.StreamKey, "raw", events).TotalSeconds;

        var meter = servers.ServersMeter();
        await using var worker = Worker.Start(environment, insertsRows: false);
        meter.Add("worker", worker.Id);
        var progress = new List<(double Seconds, long Acked, double Megabytes)>();
        var started = 0L;
        while (progress.Count == 0 || progress[^1].Acked < events)
        {
            worker.EnsureRunning();
            var acked = await GroupProgress.AckedAsync(servers.Redis, environment);
            if (acked > 0)
            {
                if (started == 0)
                    started = Stopwatch.GetTimestamp();
                progress.Add((Stopwatch.GetElapsedTime(started).TotalSeconds, acked, CostMeter.PeakMegabytes(worker.Id)));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken);
        }

        var costs = meter.Read();
        await environment.EraseAsync(servers.Redis);
        var rate = (progress[^1].Acked - progress[0].Acked) / Math.Max(progress[^1].Seconds, 0.001);
        var half = progress.First(p => p.Acked >= events / 2).Megabytes;
        return new Round
        {
            Reached = rate,
            Limit = limit,
            Events = events,
            Missing = events - progress[^1].Acked,
            Figures = new Dictionary<string, double>
            {
                ["worker_peak_mb"] = progress[^1].Megabytes,
                ["worker_peak_mb_at_half"] = half,
                ["last_tenth_to_first"] = TimeOfTenth(0) / TimeOfTenth(9),
            },
            Processes = costs,
        };

        double TimeOfTenth(int tenth) => Math.Max(0.001, TimeAt((tenth + 1) / 10.0) - TimeAt(tenth / 10.0));

        // Excludes the start of the process from the first tenth.
        double TimeAt(double part) => progress.First(p => p.Acked >= progress[0].Acked + (part * (events - progress[0].Acked))).Seconds;
    }
}
