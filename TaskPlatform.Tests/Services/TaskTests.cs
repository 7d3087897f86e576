using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tests.Services;

[Collection(ServicesTests.Name)]
public sealed class TaskTests(RunningServices services)
{
    [Fact]
    public async Task A_new_task_is_open_and_has_a_version()
    {
        using var ann = await services.RegisterAsync();

        var answer = await ann.PostAsync(
            "/api/tasks", """{"title":"Fix bug","description":"The one in the attic","worker_ids":[7,5,7],"due_at":"2030-01-31T18:00:00+01:00","x":1}""");

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var task = answer.Json;
        var id = task.GetProperty("task_id").GetInt64();
        Assert.Equal($"/api/tasks/{id}", answer.Headers.Location?.ToString());
        Assert.Equal("\"1\"", answer.Headers.ETag?.Tag);
        Assert.Equal(("open", 1), (task.GetProperty("status").GetString(), task.GetProperty("version").GetInt32()));
        Assert.Equal("2030-01-31T17:00:00Z", task.GetProperty("due_at").GetString());
        Assert.Equal("[5,7]", task.GetProperty("worker_ids").GetRawText());
        Assert.Equal(answer.Text, (await ann.GetAsync($"/api/tasks/{id}/")).Text);
    }

    [Fact]
    public async Task Only_the_creator_workers_and_admins_can_change_a_task()
    {
        using var creator = await services.RegisterAsync();
        using var worker = await services.RegisterAsync();
        using var stranger = await services.RegisterAsync();
        using var admin = await services.AdminAsync();
        var id = await creator.CreateTaskAsync("Fix bug", worker.UserId);

        foreach (var other in new[] { worker, stranger })
        {
            (await other.PutAsync($"/api/tasks/{id}", new { Title = "Mine" })).AssertProblem(HttpStatusCode.Forbidden);
            (await other.PostAsync($"/api/tasks/{id}/assign", new { WorkerIds = Array.Empty<long>() })).AssertProblem(HttpStatusCode.Forbidden);
            (await other.DeleteAsync($"/api/tasks/{id}")).AssertProblem(HttpStatusCode.Forbidden);
        }

        (await stranger.PostAsync($"/api/tasks/{id}/complete")).AssertProblem(HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync($"/api/tasks/{id}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await worker.PostAsync($"/api/tasks/{id}/complete")).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.PutAsync($"/api/tasks/{id}", new { Title = "Theirs" })).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await creator.DeleteAsync($"/api/tasks/{id}")).Status);
        (await creator.GetAsync($"/api/tasks/{id}")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_change_to_an_outdated_version_is_refused()
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");

        var changed = await ann.PutAsync($"/api/tasks/{id}", new { Title = "Fix it" }, ("If-Match", "\"1\""));
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);

        (await ann.PutAsync($"/api/tasks/{id}", new { Title = "No" }, ("If-Match", "\"1\""))).AssertProblem(HttpStatusCode.PreconditionFailed);
        (await ann.PostAsync($"/api/tasks/{id}/complete", null, ("If-Match", "\"1\""))).AssertProblem(HttpStatusCode.PreconditionFailed);
        Assert.Equal(HttpStatusCode.OK, (await ann.PutAsync($"/api/tasks/{id}", new { Title = "Yes" }, ("If-Match", "\"7\", \"2\""))).Status);
    }

    [Fact]
    public async Task Concurrent_changes_are_all_made_and_never_overwrite_each_other()
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => ann.PutAsync($"/api/tasks/{id}", new { Title = $"Title {i}" })));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(Enumerable.Range(2, 60), answers.Select(answer => answer.Json.GetProperty("version").GetInt32()).Order());
        Assert.Equal(61, (await ann.GetAsync($"/api/tasks/{id}")).Json.GetProperty("version").GetInt32());
        Assert.Equal(
            Enumerable.Range(1, 61), (await HistoryAsync(ann, id, "?limit=100")).Select(item => item.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task Omitted_members_stay_unchanged_and_null_clears()
    {
        using var ann = await services.RegisterAsync();
        var created = await ann.PostAsync(
            "/api/tasks", """{"title":"Fix bug","description":"Soon","worker_ids":[5],"due_at":"2030-01-31T17:00:00"}""");
        var path = created.Headers.Location!.ToString();

        var same = await ann.PutAsync(path, """{"title":"Fix bug"}""");
        Assert.Equal(created.Text, same.Text);

        var cleared = (await ann.PutAsync(path, """{"description":null,"due_at":null,"status":"in_progress"}""")).Json;
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("description").ValueKind);
        Assert.Equal(JsonValueKind.Null, cleared.GetProperty("due_at").ValueKind);
        Assert.Equal("[5]", cleared.GetProperty("worker_ids").GetRawText());
        Assert.Equal(("in_progress", 2), (cleared.GetProperty("status").GetString(), cleared.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task The_history_contains_every_change_and_restores_past_states()
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug", 5);
        var path = $"/api/tasks/{id}";
        List<string> states = [(await ann.GetAsync(path)).Text];
        foreach (var change in new Func<Task<Answer>>[]
        {
            () => ann.PutAsync(path, """{"title":"Fix it","worker_ids":[5,6]}"""),
            () => ann.PostAsync($"{path}/assign", """{"worker_ids":[6]}"""),
            () => ann.PostAsync($"{path}/complete"),
            () => ann.PutAsync(path, new { Status = "open" }),
        })
        {
            Assert.Equal(HttpStatusCode.OK, (await change()).Status);
            states.Add((await ann.GetAsync(path)).Text);
        }

        await ann.DeleteAsync(path);

        var history = await HistoryAsync(ann, id);
        Assert.Equal(
            [("task.created", 1), ("task.updated", 2), ("task.assigned", 3), ("task.assigned", 4), ("task.completed", 5), ("task.updated", 6), ("task.deleted", 7)],
            history.Select(item => (item.GetProperty("type").GetString()!, item.GetProperty("version").GetInt32())));
        Assert.Equal("[6]", history[2].GetProperty("data").GetProperty("added").GetRawText());
        Assert.Equal("[5]", history[3].GetProperty("data").GetProperty("removed").GetRawText());
        foreach (var state in states)
            Assert.Equal(state, (await ann.GetAsync($"{path}?at={JsonElement.Parse(state).GetProperty("updated_at").GetString()}")).Text);
        (await ann.GetAsync($"{path}?at=2020-01-01T00:00:00")).AssertProblem(HttpStatusCode.NotFound);
        (await ann.GetAsync($"{path}?at=2099-01-01")).AssertProblem(HttpStatusCode.NotFound);
        (await ann.GetAsync("/api/tasks/999999999/history")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_change_that_publishes_three_events_creates_three_versions()
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Fix bug");

        var changed = await ann.PutAsync($"/api/tasks/{id}", """{"title":"Fix it","worker_ids":[5],"status":"completed"}""", ("If-Match", "\"1\""));

        Assert.Equal(("\"4\"", 4), (changed.Headers.ETag?.Tag, changed.Json.GetProperty("version").GetInt32()));
        Assert.Equal(
            [("task.created", 1), ("task.updated", 2), ("task.assigned", 3), ("task.completed", 4)],
            (await HistoryAsync(ann, id)).Select(item => (item.GetProperty("type").GetString()!, item.GetProperty("version").GetInt32())));
        var page = (await ann.GetAsync($"/api/tasks/{id}/history?limit=3")).Json;
        var rest = (await ann.GetAsync($"/api/tasks/{id}/history?after={page.GetProperty("next")}")).Json;
        Assert.Equal([4], rest.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("version").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, (await ann.PutAsync($"/api/tasks/{id}", new { Title = "Fixed" }, ("If-Match", "\"4\""))).Status);
    }

    [Theory]
    [InlineData("auth-db")]
    [InlineData("tasks-db")]
    [InlineData("notifications-db")]
    public async Task The_database_rejects_a_second_event_with_the_same_version(string name)
    {
        await using var database = services.OpenDatabase(name);
        await using var connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken); // Never committed.
        async Task InsertAsync(params long?[] versions)
        {
            await using var insert = new NpgsqlCommand(
                """
                INSERT INTO event_log (event_id, type, aggregate_type, aggregate_id, aggregate_version, schema, envelope, created_at, correlation_id)
                SELECT gen_random_uuid(), 'test.created', 'test', '1', version, 1, '{}', now(), '' FROM unnest($1) AS version
                """, connection, transaction);
            insert.Parameters.Add(new NpgsqlParameter<long?[]> { TypedValue = versions });
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await InsertAsync(1, 2, null, null);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => InsertAsync(2));
        Assert.Equal(EventBusModel.AggregateVersionIndex, refusal.ConstraintName);
    }

    [Fact]
    public async Task The_history_is_kept_beyond_the_retention_of_the_log()
    {
        using var ann = await services.RegisterAsync();
        var id = await ann.CreateTaskAsync("Remember me");
        await using var database = services.OpenDatabase("tasks-db");
        await using var age = database.CreateCommand(
            $"UPDATE event_log SET published_at = now() - interval '1 year' WHERE aggregate_id = '{id}' AND published_at IS NOT NULL");
        while (await age.ExecuteNonQueryAsync(TestContext.Current.CancellationToken) == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var retention = Assert.Single(services.ProviderOf("tasks").GetServices<IHostedService>().OfType<RetentionService<TasksDb>>());
        await retention.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, (await ann.GetAsync($"/api/tasks/{id}/history")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Lists_are_filtered_and_paged_without_gaps()
    {
        using var ann = await services.RegisterAsync();
        using var bob = await services.RegisterAsync();
        List<long> mine = [];
        for (var i = 0; i < 5; i++)
            mine.Add(await ann.CreateTaskAsync($"Task {i}", bob.UserId));
        await ann.PostAsync($"/api/tasks/{mine[0]}/complete");

        Assert.Equal(mine.OrderDescending(), await IdsAsync(ann, $"creator_id={ann.UserId}"));
        Assert.Equal(mine.OrderDescending(), await IdsAsync(ann, $"worker_id={bob.UserId}"));
        Assert.Equal([mine[0]], await IdsAsync(ann, $"worker_id={bob.UserId}&status=completed"));
        Assert.Empty(await IdsAsync(ann, $"creator_id={bob.UserId}"));

        var page = (await ann.GetAsync($"/api/tasks?creator_id={ann.UserId}&limit=3")).Json;
        Assert.Equal(3, page.GetProperty("items").GetArrayLength());
        Assert.Equal(mine.OrderDescending().Skip(3), await IdsAsync(ann, $"creator_id={ann.UserId}&after={page.GetProperty("next")}"));
    }

    [Theory]
    [InlineData("""{}""", "title")]
    [InlineData("""{"title":" "}""", "title")]
    [InlineData("""{"title":"a\u0000b"}""", "title")]
    [InlineData("""{"title":"\ud800"}""", "title")]
    [InlineData("""{"title":true}""", "title")]
    [InlineData("""{"title":"a","worker_ids":["x"]}""", "worker_ids[0]")]
    [InlineData("""{"title":"a","worker_ids":[-1]}""", "worker_ids")]
    [InlineData("""{"title":"a","due_at":"tomorrow"}""", "due_at")]
    [InlineData("""{"title":"a","due_at":5}""", "due_at")]
    public async Task An_invalid_task_is_rejected_with_the_name_of_the_field(string body, string field)
    {
        using var ann = await services.RegisterAsync();

        var answer = await ann.PostAsync("/api/tasks", body);

        Assert.Equal([field], answer.AssertProblem(HttpStatusCode.BadRequest).Fields);
    }

    [Fact]
    public async Task A_title_has_at_most_200_characters()
    {
        using var ann = await services.RegisterAsync();

        await ann.CreateTaskAsync(new string('a', 200));

        (await ann.PostAsync("/api/tasks", new { Title = new string('a', 201) })).AssertProblem(HttpStatusCode.BadRequest);
    }

    private static async Task<List<JsonElement>> HistoryAsync(ApiClient client, long id, string query = "")
        => [.. (await client.GetAsync($"/api/tasks/{id}/history{query}")).Json.GetProperty("items").EnumerateArray()];

    private static async Task<List<long>> IdsAsync(ApiClient client, string query)
        => [.. (await client.GetAsync($"/api/tasks?{query}")).Json.GetProperty("items").EnumerateArray().Select(task => task.GetProperty("task_id").GetInt64())];
}
