using System.Globalization;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Api;

/// <summary>A task with its creator and a worker, the worker's notification, and a user who has no relation to the task.</summary>
internal sealed class Scene : IDisposable
{
    private readonly Dictionary<string, long> ids = [];

    private Scene(ApiClient creator, ApiClient worker, ApiClient other) => (Creator, Worker, Other) = (creator, worker, other);

    public ApiClient Creator { get; }

    public ApiClient Worker { get; }

    public ApiClient Other { get; }

    public long TaskId => ids["{task}"];

    public static async Task<Scene> CreateAsync(RunningServices services)
    {
        var scene = new Scene(await services.RegisterAsync(), await services.RegisterAsync(), await services.RegisterAsync());
        scene.ids["{user}"] = scene.Creator.UserId;
        scene.ids["{task}"] = await scene.Creator.CreateTaskAsync("Fix bug", scene.Worker.UserId);
        scene.ids["{notification}"] = await services.AddNotificationAsync(scene.Worker.UserId, "You have a new task");
        return scene;
    }

    /// <summary>Replaces the placeholders of a path with the ids.</summary>
    public string Fill(string path)
        => ids.Aggregate(path, (filled, id) => filled.Replace(id.Key, id.Value.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

    public void Dispose()
    {
        Creator.Dispose();
        Worker.Dispose();
        Other.Dispose();
    }
}
