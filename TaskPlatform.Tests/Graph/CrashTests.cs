using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Graph;

/// <summary>The platform's own processes, killed at the worst moments.</summary>
[Trait("suite", "faults")]
public sealed class CrashTests
{
    [Fact]
    public async Task A_worker_killed_between_commit_and_ACK_leaves_one_notification()
    {
        var redis = new Detour("notifications-worker");
        await using var platform = await Platform.StartNewAsync(redis.Lay);
        await using var proxy = redis;
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        await BusView.Until(() => platform.PendingAsync("events:user.created", "notifications_service"), pending => pending == 0);

        var ack = redis.Proxy.HoldRequest("XACK\r\n$19\r\nevents:task.created");
        var taskId = await creator.CreateTaskAsync("Survive", worker.UserId);
        await ack.Reached;
        await platform.KillAsync("notifications-worker");
        Assert.Equal(1, await platform.PendingAsync("events:task.created", "notifications_service"));

        await platform.StartServiceAsync("notifications-worker");
        await BusView.Until(() => platform.PendingAsync("events:task.created", "notifications_service"), pending => pending == 0);
        Assert.Single(await worker.NotificationsAboutAsync(taskId));
    }

    [Fact]
    public async Task An_API_killed_between_commit_and_XADD_publishes_after_its_restart()
    {
        var redis = new Detour("tasks");
        await using var platform = await Platform.StartNewAsync(redis.Lay);
        await using var proxy = redis;
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");

        var add = redis.Proxy.HoldRequest("causation_id");
        var taskId = await creator.CreateTaskAsync("Publish me later", worker.UserId);
        await add.Reached;
        await platform.KillAsync("tasks");
        Assert.Empty(await platform.EntriesAsync("events:task.created"));

        await platform.StartServiceAsync("tasks");
        Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
    }

    /// <summary>Leads one service to Redis through a proxy.</summary>
    private sealed class Detour(string service) : IAsyncDisposable
    {
        public FaultProxy Proxy { get; private set; } = null!;

        public void Lay(IDistributedApplicationTestingBuilder builder)
        {
            var redis = (IResourceWithConnectionString)builder.Resources.Single(resource => resource.Name == "redis");
            var project = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == service);
            builder.CreateResourceBuilder(project).WithEnvironment(async context =>
            {
                var direct = (await redis.GetConnectionStringAsync(context.CancellationToken))!;
                var comma = direct.IndexOf(',', StringComparison.Ordinal);
                var port = int.Parse(direct.AsSpan(direct.IndexOf(':', StringComparison.Ordinal) + 1)[..(comma - direct.IndexOf(':', StringComparison.Ordinal) - 1)], CultureInfo.InvariantCulture);
                Proxy ??= FaultProxy.To(port);
                context.EnvironmentVariables["ConnectionStrings__redis"] = $"127.0.0.1:{Proxy.Port}{direct[comma..]}";
            });
        }

        public ValueTask DisposeAsync() => Proxy.DisposeAsync();
    }
}
