using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Graph;

/// <summary>The platform's own processes, killed at critical moments.</summary>
[Collection(SharedPlatform.Name)]
[Trait("suite", "faults")]
public sealed class CrashTests(Platform platform)
{
    [Fact]
    public async Task A_worker_killed_between_commit_and_ACK_leaves_one_notification()
    {
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        await BusView.Until(() => platform.PendingAsync("events:user.created", "notifications_service"), pending => pending == 0);

        var ack = platform.Proxy("notifications-worker").HoldRequest("XACK\r\n$19\r\nevents:task.created");
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
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        var before = (await platform.EntriesAsync("events:task.created")).Count;

        var add = platform.Proxy("tasks").HoldRequest("causation_id");
        var taskId = await creator.CreateTaskAsync("Publish me later", worker.UserId);
        await add.Reached;
        await platform.KillAsync("tasks");
        Assert.Equal(before, (await platform.EntriesAsync("events:task.created")).Count);

        await platform.StartServiceAsync("tasks");
        Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
    }
}
