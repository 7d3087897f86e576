using System.Diagnostics;
using System.Net;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>A database that accepts requests but never responds: unlike an unreachable one, only a timeout detects it.</summary>
[Collection(ServicesTests.Name)]
public sealed class UnresponsiveDatabaseTests(RunningServices services, PostgresServer postgres)
{
    // The service's command timeout; after it, Npgsql sends a cancellation and waits 2 more seconds for it.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task Requests_are_answered_with_503_after_the_command_timeout()
    {
        await using var proxy = FaultProxy.To(postgres.Port);
        await using var tasks = ServiceFactory<TasksService>.Start(SettingsThrough(proxy));
        using var ann = await services.RegisterAsync();
        using var client = new ApiClient(tasks.Address, tasks.Address, tasks.Address) { Token = ann.Token };
        var id = await client.CreateTaskAsync("Fix bug");

        var held = proxy.HoldReply("UPDATE tasks");
        var start = Stopwatch.GetTimestamp();
        var answer = (await client.PutAsync($"/api/tasks/{id}", new { Title = "Fix it" })).AssertProblem(HttpStatusCode.ServiceUnavailable);

        await held.Reached;
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.InRange(Stopwatch.GetElapsedTime(start), CommandTimeout, Limit);
    }

    [Fact]
    public async Task The_health_check_fails_after_its_timeout()
    {
        await using var proxy = FaultProxy.To(postgres.Port);
        await using var tasks = ServiceFactory<TasksService>.Start(SettingsThrough(proxy));
        using var client = new ApiClient(tasks.Address, tasks.Address, tasks.Address);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).Status);

        // Neither existing nor new connections receive a response.
        proxy.Freeze();
        for (var i = 0; i < 50; i++)
            proxy.HoldReply("client_encoding");
        var start = Stopwatch.GetTimestamp();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health")).Status);
        Assert.True(Stopwatch.GetElapsedTime(start) < Limit);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive")).Status);
    }

    [Fact]
    public async Task The_health_check_is_unhealthy_while_the_database_refuses_writes()
    {
        var settings = new Dictionary<string, string>(services.Settings);
        settings["ConnectionStrings:tasks-db"] += ";Options=-c default_transaction_read_only=on";
        settings["ConnectionStrings:tasks-db-direct"] = services.Settings["ConnectionStrings:tasks-db"];
        await using var tasks = ServiceFactory<TasksService>.Start(settings);
        using var client = new ApiClient(tasks.Address, tasks.Address, tasks.Address);

        var answer = await client.GetAsync("/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains("read-only transaction", answer.Json.GetProperty("checks").GetProperty("TasksDb").GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    private Dictionary<string, string> SettingsThrough(FaultProxy proxy)
    {
        var settings = new Dictionary<string, string>(services.Settings) { ["Database:CommandTimeout"] = $"{CommandTimeout:c}" };
        settings["ConnectionStrings:tasks-db"] = settings["ConnectionStrings:tasks-db"]
            .Replace($"Port={postgres.Port}", $"Port={proxy.Port}", StringComparison.Ordinal);
        return settings;
    }
}
