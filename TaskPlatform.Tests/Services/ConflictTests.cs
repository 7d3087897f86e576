using System.Net;

namespace TaskPlatform.Tests.Services;

/// <summary>A change that conflicts with a concurrent one.</summary>
[Collection(ServicesTests.Name)]
public sealed class ConflictTests(RunningServices services)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every change of a versioned resource: service, path below the resource, method, body.</summary>
    public static TheoryData<string, string, string, string?> Changes => new()
    {
        { "tasks", "", "PUT", """{"title":"Mine","status":"completed","worker_ids":[5]}""" },
        { "tasks", "", "DELETE", null },
        { "tasks", "/assign", "POST", """{"worker_ids":[5]}""" },
        { "tasks", "/complete", "POST", null },
        { "users", "", "PUT", """{"full_name":"Mine"}""" },
        { "users", "", "DELETE", null },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_without_a_version_is_applied_to_the_new_state(string things, string path, string method, string? body)
    {
        using var ann = await services.RegisterAsync();
        var id = things == "tasks" ? await ann.CreateTaskAsync("Fix bug") : ann.UserId;
        await using var database = services.OpenDatabase(things == "tasks" ? "tasks-db" : "auth-db");

        var answer = await ConflictingWriter.ConflictOnceAsync(
            database, things, id, () => ann.SendAsync(new HttpMethod(method), $"/api/{things}/{id}{path}", body));

        Assert.InRange((int)answer.Status, 200, 204);
        await using var log = database.CreateCommand($"SELECT min(aggregate_version) FROM event_log WHERE aggregate_id = '{id}' AND aggregate_version > 1");
        Assert.Equal(3L, await log.ExecuteScalarAsync(Token));
    }

    [Theory]
    [InlineData("\"1\"", HttpStatusCode.PreconditionFailed)]
    [InlineData("*", HttpStatusCode.OK)]
    public async Task Only_a_change_with_a_version_is_refused(string ifMatch, HttpStatusCode status)
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");
        await using var database = services.OpenDatabase("tasks-db");

        var answer = await ConflictingWriter.ConflictOnceAsync(
            database, "tasks", id, () => ann.PutAsync($"/api/tasks/{id}", new { Title = "Mine" }, ("If-Match", ifMatch)));

        if (status == HttpStatusCode.OK)
            Assert.Equal(3, answer.Json.GetProperty("version").GetInt32());
        else
            answer.AssertProblem(status);
    }

    [Theory]
    [InlineData(3, HttpStatusCode.OK)]
    [InlineData(4, HttpStatusCode.Conflict)]
    public async Task A_change_is_retried_three_times(int conflicts, HttpStatusCode status)
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");
        await using var database = services.OpenDatabase("tasks-db");

        var answer = await ConflictingWriter.ConflictAsync(database, "tasks", id, conflicts, () => ann.PutAsync($"/api/tasks/{id}", new { Title = "Mine" }));

        Assert.Equal(status, answer.Status);
    }
}
