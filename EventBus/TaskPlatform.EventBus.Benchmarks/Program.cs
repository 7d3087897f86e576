using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TaskPlatform.EventBus.Benchmarks.Reporting;
using TaskPlatform.EventBus.Benchmarks.Scenarios;

// Child processes that a measurement starts.
switch (args)
{
    case [Worker.Command, var settings]:
        return await Worker.RunAsync(settings, CancellationToken.None);
    case [ServiceProcess.Command, var service, .. var settings]:
        return ServiceProcess.Run(service, settings);
}

// A service in this process is located through a file in the program's folder.
var started = Environment.CurrentDirectory;
Environment.CurrentDirectory = AppContext.BaseDirectory;

var names = new Option<string[]>("--scenario") { Description = "The scenarios to run, by letter. Default: all.", AllowMultipleArgumentsPerToken = true };
var rounds = new Option<int>("--rounds") { Description = "The number of rounds per scenario; the results are medians.", DefaultValueFactory = _ => 3 };
var seconds = new Option<double>("--seconds") { Description = "The duration of time-based measurements.", DefaultValueFactory = _ => 5 };
var events = new Option<int?>("--events") { Description = "The number of events of event-based measurements. Default: set by the scenario." };
var json = new Option<string?>("--json") { Description = "The file to which the results are saved." };
var page = new Option<string?>("--page") { Description = "A Markdown page whose table is updated." };
var smoke = new Option<bool>("--smoke") { Description = "A short run to check correctness only." };
var charts = new Option<string>("--charts") { Description = "The folder for the charts.", DefaultValueFactory = _ => "." };

var all = new Command("all", "Measures each scenario and its limit.") { names, rounds, seconds, events, json, page, smoke };
all.SetAction((parsed, cancellationToken) =>
{
    var selected = parsed.GetValue(names) ?? [];
    return Run.ScenariosAsync(
        [.. AllScenarios.Scenarios.Where(scenario => selected.Length == 0 || selected.Contains(scenario.Name, StringComparer.OrdinalIgnoreCase))],
        parsed.GetValue(smoke)
            ? Effort.SmokeTest
            : new Effort(parsed.GetValue(rounds), parsed.GetValue(seconds), parsed.GetValue(events), Smoke: false),
        FullPath(parsed.GetValue(json)),
        FullPath(parsed.GetValue(page)),
        cancellationToken);
});

var growth = new Command("growth", "Measures and charts throughput by batch size, concurrency, payload and backlog.") { rounds, charts, json };
growth.SetAction((parsed, cancellationToken) => Run.GrowthAsync(
    new Effort(parsed.GetValue(rounds), Seconds: 1, Events: null, Smoke: false), FullPath(parsed.GetValue(charts))!,
    FullPath(parsed.GetValue(json)), cancellationToken));

var micro = new Command("micro", "Measures time and allocations of the envelope and of parsing entries.");
micro.SetAction(_ => BenchmarkSwitcher.FromAssembly(typeof(Run).Assembly).RunAllJoined(
    DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))));

var root = new RootCommand("Measures the event bus against the limits of its Redis and Postgres.") { all, growth, micro };
return await root.Parse(args).InvokeAsync();

string? FullPath(string? file) => file is null ? null : Path.GetFullPath(file, started);
