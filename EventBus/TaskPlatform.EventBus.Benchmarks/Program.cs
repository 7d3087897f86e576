using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TaskPlatform.EventBus.Benchmarks.Reporting;
using TaskPlatform.EventBus.Benchmarks.Scenarios;

// Processes that a measurement starts of this program.
switch (args)
{
    case [Worker.Command, var settings]:
        return await Worker.RunAsync(settings, CancellationToken.None);
    case [ServiceProcess.Command, var service, .. var settings]:
        return ServiceProcess.Run(service, settings);
}

// A service within this process is found through a file that stands beside the program.
var started = Environment.CurrentDirectory;
Environment.CurrentDirectory = AppContext.BaseDirectory;

var names = new Option<string[]>("--scenario") { Description = "Only these, by their letters.", AllowMultipleArgumentsPerToken = true };
var rounds = new Option<int>("--rounds") { Description = "How often each is measured; medians are shown.", DefaultValueFactory = _ => 3 };
var seconds = new Option<double>("--seconds") { Description = "How long a measurement takes that goes by time.", DefaultValueFactory = _ => 5 };
var events = new Option<int?>("--events") { Description = "How many events a measurement has that goes by events. Default: as the scenario says." };
var json = new Option<string?>("--json") { Description = "Where to save the results." };
var page = new Option<string?>("--page") { Description = "A Markdown page that gets the table." };
var smoke = new Option<bool>("--smoke") { Description = "As short as can be: only the results count." };
var charts = new Option<string>("--charts") { Description = "The folder for the charts.", DefaultValueFactory = _ => "." };

var all = new Command("all", "Measures every scenario beside its limit.") { names, rounds, seconds, events, json, page, smoke };
all.SetAction((parsed, cancellationToken) =>
{
    var wanted = parsed.GetValue(names) ?? [];
    return Run.ScenariosAsync(
        [.. AllScenarios.Scenarios.Where(scenario => wanted.Length == 0 || wanted.Contains(scenario.Name, StringComparer.OrdinalIgnoreCase))],
        parsed.GetValue(smoke)
            ? Effort.OfSmoke
            : new Effort(parsed.GetValue(rounds), parsed.GetValue(seconds), parsed.GetValue(events), Smoke: false),
        FullPath(parsed.GetValue(json)),
        FullPath(parsed.GetValue(page)),
        cancellationToken);
});

var growth = new Command("growth", "Measures how throughput grows with batch size, lanes, payload and backlog, and draws it.") { rounds, charts, json };
growth.SetAction((parsed, cancellationToken) => Run.GrowthAsync(
    new Effort(parsed.GetValue(rounds), Seconds: 1, Events: null, Smoke: false), FullPath(parsed.GetValue(charts))!,
    FullPath(parsed.GetValue(json)), cancellationToken));

var micro = new Command("micro", "Measures the envelope and the parsing of entries, with what they allocate.");
micro.SetAction(_ => BenchmarkSwitcher.FromAssembly(typeof(Run).Assembly).RunAllJoined(
    DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))));

var root = new RootCommand("How fast the event bus is, beside what its Redis and Postgres can do.") { all, growth, micro };
return await root.Parse(args).InvokeAsync();

string? FullPath(string? file) => file is null ? null : Path.GetFullPath(file, started);
