using System.Net.Http.Headers;
using System.Text.Json;

namespace TaskPlatform.Tests.Graph;

/// <summary>A signed-in user.</summary>
public sealed class Session
{
    private Session(HttpClient tasks, HttpClient notifications, long userId)
    {
        Tasks = tasks;
        Notifications = notifications;
        UserId = userId;
    }

    public long UserId { get; }

    public HttpClient Tasks { get; }

    public HttpClient Notifications { get; }

    public static async Task<Session> SignInAsync(Platform platform, string email, string password, long? userId = null)
    {
        using var auth = platform.Client("auth");
        using var answer = await auth.PostJsonAsync("/api/auth/login", new { email, password });
        var token = (await answer.ReadAsync(200)).GetProperty("access_token").GetString();
        var bearer = new AuthenticationHeaderValue("Bearer", token);

        auth.DefaultRequestHeaders.Authorization = bearer;
        if (userId is null)
        {
            using var me = await auth.GetAsync("/api/users/me", TestContext.Current.CancellationToken);
            userId = (await me.ReadAsync(200)).GetProperty("user_id").GetInt64();
        }

        var tasks = platform.Client("tasks");
        var notifications = platform.Client("notifications");
        tasks.DefaultRequestHeaders.Authorization = bearer;
        notifications.DefaultRequestHeaders.Authorization = bearer;
        return new Session(tasks, notifications, userId.Value);
    }

    /// <summary>Creates a task and returns its id.</summary>
    public async Task<long> CreateTaskAsync(string title, params long[] workerIds)
    {
        using var answer = await Tasks.PostJsonAsync("/api/tasks", new { title, worker_ids = workerIds });
        return (await answer.ReadAsync(201)).GetProperty("task_id").GetInt64();
    }

    /// <summary>The user's notifications about a task.</summary>
    public async Task<List<JsonElement>> NotificationsAboutAsync(long taskId)
    {
        using var answer = await Notifications.GetAsync("/api/notifications?limit=100", TestContext.Current.CancellationToken);
        return [.. (await answer.ReadAsync(200)).GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("task_id").ValueKind == JsonValueKind.Number && item.GetProperty("task_id").GetInt64() == taskId)];
    }
}
