using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TaskPlatform.Auth;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tasks;
using TaskPlatform.Tasks.Data;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>The overhead of events for callers of the HTTP API.</summary>
internal sealed class Requests : Scenario
{
    private const int Connections = 32;

    private static readonly object NewTask = new { title = "Measure this", description = "A task of a usual size", worker_ids = new[] { 2, 3 } };

    public override string Name => "F";

    public override string Title => $"POST /api/tasks, {Connections} connections";

    public override string LimitTitle => "the same service without events";

    public override string Goal => "≥ 0.75 × limit; p99 ≤ 20 ms";

    public override string Unit => "requests/s";

    public override bool IsReached(Round median) => median is { Ratio: >= 0.75, Latency.P99: <= 20 };

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var tasksDb = await servers.NewDatabaseAsync();
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings:auth-db"] = await servers.NewDatabaseAsync(),
            ["ConnectionStrings:tasks-db"] = tasksDb,
            ["ConnectionStrings:redis"] = servers.RedisConnectionString,
            ["Admin:Email"] = "admin@taskplatform.local",
            ["Admin:Password"] = "the-first-admin",
        };
        await using var auth = ServiceFactory<AuthService>.Start(settings);
        settings["services:auth:http:0"] = auth.Address.ToString();
        var token = await LoginAsync(auth.Address, settings, cancellationToken);

        LoadResult limit, reached;
        await using (var without = ServiceFactory<TasksService>.Start(settings, services => services.ConfigureDbContext<TasksDb>(db => db.AddInterceptors(new NoEvents()))))
            limit = await LoadAsync(without.Address, token, effort, cancellationToken);

        var meter = servers.Meter();
        IReadOnlyList<ProcessCost> costs;
        long published;
        await using (var tasks = ServiceFactory<TasksService>.Start(settings))
        {
            reached = await LoadAsync(tasks.Address, token, effort, cancellationToken);
            costs = meter.Read();
            await UntilAsync(async () => await servers.Redis.StreamLengthAsync("events:task.created") >= reached.Requests, cancellationToken);
            published = await servers.Redis.StreamLengthAsync("events:task.created");
        }

        await using var connection = new NpgsqlConnection(tasksDb);
        await connection.OpenAsync(cancellationToken);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM event_log", connection);
        var logged = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        await servers.Redis.ExecuteAsync("FLUSHALL");
        return new Round
        {
            Reached = reached.Rate,
            Limit = limit.Rate,
            Latency = reached.Latency,
            LimitLatency = limit.Latency,
            Events = reached.Requests,
            Missing = reached.Requests - logged,
            Duplicates = published - reached.Requests,
            Processes = costs,
        };
    }

    private static async Task<string> LoginAsync(Uri auth, Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = auth };
        var body = new { email = settings["Admin:Email"], password = settings["Admin:Password"] };
        using var response = await http.PostAsJsonAsync("/api/auth/login", body, cancellationToken);
        response.EnsureSuccessStatusCode();
        var login = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return login.GetProperty("access_token").GetString()!;
    }

    private static async Task<LoadResult> LoadAsync(Uri tasks, string token, Effort effort, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections }) { BaseAddress = tasks };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var warmUp = await SendAsync(http, effort.Time / 4, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var times = await SendAsync(http, effort.Time, cancellationToken);
        var rate = times.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new LoadResult(warmUp.Count + times.Count, rate, Latency.Of(times));
    }

    private static async Task<List<double>> SendAsync(HttpClient http, TimeSpan time, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            var times = new List<double>();
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                var sent = Stopwatch.GetTimestamp();
                using var response = await http.PostAsJsonAsync("/api/tasks", NewTask, cancellationToken);
                response.EnsureSuccessStatusCode();
                times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }

            return times;
        }));
        return [.. connections.SelectMany(times => times)];
    }

    private sealed record LoadResult(long Requests, double Rate, Latency? Latency);

    private sealed class NoEvents : SaveChangesInterceptor
    {
        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            foreach (var entry in eventData.Context!.ChangeTracker.Entries<EventLogRow>().ToList())
                entry.State = EntityState.Detached;
            return ValueTask.FromResult(result);
        }
    }
}
