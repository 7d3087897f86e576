using System.Net;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tests.Services;

[Collection(ServicesTests.Name)]
public sealed class IdempotencyTests(RunningServices services)
{
    private const string Header = "Idempotency-Key";

    [Fact]
    public async Task A_repeated_request_returns_the_first_response()
    {
        using var ann = await services.RegisterAsync();

        var first = await ann.PostAsync("/api/tasks", """{"title":"Once"}""", (Header, "key"));
        await ann.PutAsync(first.Headers.Location!.ToString(), new { Title = "Changed meanwhile" });
        var second = await ann.PostAsync("/api/tasks", """{ "title": "Once", "unknown": 1 }""", (Header, "key"));

        Assert.Equal((HttpStatusCode.Created, first.Text), (second.Status, second.Text));
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(1, await CountAsync(ann));
    }

    [Fact]
    public async Task A_different_request_with_the_same_key_is_refused()
    {
        using var ann = await services.RegisterAsync();
        await ann.PostAsync("/api/tasks", """{"title":"Once"}""", (Header, "key"));

        var other = await ann.PostAsync("/api/tasks", """{"title":"Twice"}""", (Header, "key"));

        other.AssertProblem(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, await CountAsync(ann));
    }

    [Fact]
    public async Task Keys_are_scoped_to_a_user()
    {
        using var ann = await services.RegisterAsync();
        using var bob = await services.RegisterAsync();

        await ann.PostAsync("/api/tasks", """{"title":"Hers"}""", (Header, "key"));
        var his = await bob.PostAsync("/api/tasks", """{"title":"His"}""", (Header, "key"));

        Assert.Equal(HttpStatusCode.Created, his.Status);
    }

    [Fact]
    public async Task Concurrent_identical_requests_create_one_task()
    {
        using var ann = await services.RegisterAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12)
            .Select(_ => ann.PostAsync("/api/tasks", """{"title":"Once"}""", (Header, "key"))));

        Assert.All(answers, answer => Assert.Equal((HttpStatusCode.Created, answers[0].Text), (answer.Status, answer.Text)));
        Assert.Equal(1, await CountAsync(ann));
    }

    [Fact]
    public void The_filter_by_worker_uses_the_index()
    {
        using var db = new TasksDb(new DbContextOptionsBuilder<TasksDb>().UseNpgsql("Host=nowhere").Options);
        long[] workerIds = [5];

        var sql = db.Tasks.Where(task => workerIds.All(id => task.WorkerIds.Contains(id))).ToQueryString();

        // The array operators that a GIN index supports.
        Assert.Matches("worker_ids @>|<@ t.worker_ids", sql);
    }

    private static async Task<int> CountAsync(ApiClient client)
        => (await client.GetAsync($"/api/tasks?creator_id={client.UserId}")).Json.GetProperty("items").GetArrayLength();
}
