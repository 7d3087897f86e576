using System.Net;
using System.Text.Json;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Operations;

/// <summary>The admin API.</summary>
[Collection(OperationsTests.Name)]
public sealed class AdminApiTests(OperationsFixture platform)
{
    private readonly string group = $"group-{Guid.CreateVersion7():n}";

    [Theory]
    [InlineData("GET", "/admin/dlq")]
    [InlineData("GET", "/admin/dlq/1-1")]
    [InlineData("POST", "/admin/dlq/reprocess/1-1")]
    [InlineData("POST", "/admin/dlq/skip/1-1")]
    [InlineData("DELETE", "/admin/dlq?confirm=0")]
    [InlineData("GET", "/admin/streams")]
    [InlineData("GET", "/admin/jobs")]
    [InlineData("GET", "/admin/audit")]
    public async Task Only_admins_have_access(string method, string path)
    {
        using var anonymous = platform.Services.Anonymous();
        using var user = await platform.Services.RegisterAsync();

        (await anonymous.SendAsync(new HttpMethod(method), path)).AssertProblem(HttpStatusCode.Unauthorized);
        (await user.SendAsync(new HttpMethod(method), path)).AssertProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("GET", "/admin/dlq?limit=0", "limit")]
    [InlineData("GET", "/admin/dlq?limit=ten", "limit")]
    [InlineData("GET", "/admin/dlq?after=yesterday", "after")]
    [InlineData("GET", "/admin/dlq?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to")]
    [InlineData("GET", "/admin/dlq?from=soon", "from")]
    [InlineData("GET", "/admin/dlq/nonsense", "msg_id")]
    [InlineData("POST", "/admin/dlq/reprocess/1-x", "msg_id")]
    [InlineData("POST", "/admin/dlq/skip/1-x", "msg_id")]
    [InlineData("DELETE", "/admin/dlq/-1", "msg_id")]
    [InlineData("DELETE", "/admin/dlq?confirm=-1", "confirm")]
    [InlineData("GET", "/admin/streams/Nonsense", "type")]
    [InlineData("GET", "/admin/streams/task.created/entries?limit=501", "limit")]
    [InlineData("GET", "/admin/audit?limit=0", "limit")]
    public async Task An_invalid_request_is_rejected_with_the_name_of_the_field(string method, string path, string field)
    {
        using var admin = await platform.Services.AdminAsync();

        var answer = (await admin.SendAsync(new HttpMethod(method), path)).AssertProblem(HttpStatusCode.BadRequest);

        Assert.Equal([field], answer.Fields);
    }

    [Fact]
    public async Task Dead_letters_are_listed_grouped_and_returned_in_detail()
    {
        using var admin = await platform.Services.AdminAsync();
        await platform.AddDeadLetterAsync(group, exception: "System.TimeoutException");
        await platform.AddDeadLetterAsync(group, type: "user.created");
        var last = await platform.AddDeadLetterAsync(group, data: "not json <script>");

        var first = (await admin.GetAsync($"/admin/dlq?group={group}&limit=2")).Json;
        var second = (await admin.GetAsync($"/admin/dlq?group={group}&limit=2&after={first.GetProperty("next").GetString()}")).Json;
        var groups = (await admin.GetAsync($"/admin/dlq/groups?group={group}")).Json;
        var deadLetter = (await admin.GetAsync($"/admin/dlq/{last}")).Json;

        Assert.Equal(2, first.GetProperty("items").GetArrayLength());
        Assert.Equal("System.TimeoutException", Assert.Single(second.GetProperty("items").EnumerateArray()).GetProperty("exception").GetString());
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal(3, groups.GetProperty("items").GetArrayLength());
        Assert.Equal("not json <script>", deadLetter.GetProperty("raw").GetString());
        Assert.Equal(JsonValueKind.Null, deadLetter.GetProperty("payload").ValueKind);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", deadLetter.GetProperty("dead_letter").GetProperty("trace_id").GetString());
        (await admin.GetAsync("/admin/dlq/1-1")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_dead_letter_is_deleted_once_and_one_without_a_group_can_not_be_reprocessed()
    {
        using var admin = await platform.Services.AdminAsync();
        var id = await platform.AddDeadLetterAsync(group);

        (await admin.PostAsync($"/admin/dlq/reprocess/{id}")).AssertProblem(HttpStatusCode.Conflict);
        (await admin.PostAsync($"/admin/dlq/skip/{id}")).AssertProblem(HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.OK, (await admin.DeleteAsync($"/admin/dlq/{id}")).Status);
        (await admin.DeleteAsync($"/admin/dlq/{id}")).AssertProblem(HttpStatusCode.NotFound);
        (await admin.PostAsync($"/admin/dlq/reprocess/{id}")).AssertProblem(HttpStatusCode.NotFound);
        (await admin.PostAsync($"/admin/dlq/skip/{id}")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Many_ids_get_individual_results()
    {
        using var admin = await platform.Services.AdminAsync();
        using var user = await platform.Services.RegisterAsync();
        var good = await platform.AddDeadLetterAsync("notifications_service", data: TaskCreated(user.UserId, "Again"));
        var stays = await platform.AddDeadLetterAsync(group);

        var answer = await admin.PostAsync("/admin/dlq/reprocess", new { Ids = new[] { good, stays, "1-1" } });

        Assert.Equal(1, answer.Json.GetProperty("reprocessed").GetInt32());
        Assert.Equal(
            ["reprocessed", "no_group", "gone"],
            answer.Json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("outcome").GetString()));
        await BusView.Until(() => user.GetAsync("/api/notifications"), found => found.Text.Contains("Again", StringComparison.Ordinal));
        (await admin.PostAsync("/admin/dlq/reprocess", new { Ids = Array.Empty<string>() })).AssertProblem(HttpStatusCode.BadRequest);
        (await admin.PostAsync("/admin/dlq/reprocess", new { Ids = new[] { good }, Group = group })).AssertProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_purge_requires_the_right_count_and_deletes_only_matching_dead_letters()
    {
        using var admin = await platform.Services.AdminAsync();
        for (var i = 0; i < 3; i++)
            await platform.AddDeadLetterAsync(group);
        var other = await platform.AddDeadLetterAsync(group + "-other");

        Assert.Contains("3", (await admin.DeleteAsync($"/admin/dlq?group={group}")).AssertProblem(HttpStatusCode.BadRequest).Text, StringComparison.Ordinal);
        Assert.Contains("confirm=3", (await admin.DeleteAsync($"/admin/dlq?group={group}&confirm=4")).AssertProblem(HttpStatusCode.Conflict).Text, StringComparison.Ordinal);
        var accepted = await admin.DeleteAsync($"/admin/dlq?group={group}&confirm=3");
        var job = await OperationsFixture.WaitForJobAsync(admin, accepted);

        Assert.Equal(HttpStatusCode.Accepted, accepted.Status);
        Assert.Equal(("done", 3, 3), (job.GetProperty("state").GetString(), job.GetProperty("done").GetInt32(), job.GetProperty("total").GetInt32()));
        Assert.Equal(0, (await admin.GetAsync($"/admin/dlq/groups?group={group}")).Json.GetProperty("count").GetInt32());
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync($"/admin/dlq/{other}")).Status);
    }

    [Fact]
    public async Task Of_five_concurrent_purges_one_is_accepted()
    {
        using var admin = await platform.Services.AdminAsync();
        for (var round = 0; round < 5; round++)
        {
            await platform.AddDeadLetterAsync(group);
            await platform.AddDeadLetterAsync(group);

            var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => admin.DeleteAsync($"/admin/dlq?group={group}&confirm=2&rate=0")));

            var accepted = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Accepted);
            Assert.All(answers.Except([accepted]), answer => answer.AssertProblem(HttpStatusCode.Conflict));
            Assert.Equal(2, (await OperationsFixture.WaitForJobAsync(admin, accepted)).GetProperty("done").GetInt32());
        }
    }

    [Theory]
    [InlineData("purge")]
    [InlineData("reprocess")]
    [InlineData("replay")]
    public async Task A_request_starts_no_job_if_another_process_ran_the_same_job_meanwhile(string kind)
    {
        using var admin = await platform.Services.AdminAsync();
        await platform.AddDeadLetterAsync(group);
        await platform.View.Redis.ExecuteAsync("XGROUP", "CREATE", $"{platform.View.Prefix}events:task.deleted", group, "$", "MKSTREAM");
        await using var database = platform.Services.OpenDatabase("notifications-db");
        await using var held = await HeldLock.TakeAsync(database, "admin-jobs");

        var pending = kind switch
        {
            "purge" => admin.DeleteAsync($"/admin/dlq?group={group}&confirm=1"),
            "reprocess" => admin.PostAsync("/admin/dlq/reprocess", new { Group = group }),
            _ => admin.PostAsync("/admin/streams/task.deleted/replay", new { Group = group, Effects = "again" }),
        };
        await held.WaitForWaitersAsync(1);
        await held.RunAsync(
            $$"""
              INSERT INTO admin_jobs (id, kind, state, consumer_group, parameters, cutoff, done, refused, user_id, email, created_at, next_at)
              VALUES ('{{Guid.CreateVersion7()}}', 'Purge', 'Done', '{{group}}', '{}', '0-0', 1, 0, 1, '', now(), now())
              """);
        await held.ReleaseAsync();

        Assert.Contains("at the same time", (await pending).AssertProblem(HttpStatusCode.Conflict).Text, StringComparison.Ordinal);
        await platform.View.Redis.ExecuteAsync("XGROUP", "DESTROY", $"{platform.View.Prefix}events:task.deleted", group);
    }

    [Theory]
    [InlineData("purge")]
    [InlineData("reprocess")]
    public async Task Ten_thousand_dead_letters_are_one_job_without_a_limit(string kind)
    {
        using var admin = await platform.Services.AdminAsync();
        await platform.View.Redis.ExecuteAsync("XGROUP", "CREATE", $"{platform.View.Prefix}events:task.deleted", group, "$", "MKSTREAM");
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(_ => platform.AddDeadLetterAsync(group, "task.deleted")));

        var accepted = kind == "purge"
            ? await admin.DeleteAsync($"/admin/dlq?group={group}&confirm=10000&rate=0")
            : await admin.PostAsync("/admin/dlq/reprocess", new { Group = group, Rate = 0 });
        var job = await OperationsFixture.WaitForJobAsync(admin, accepted);

        Assert.Equal(("done", 10_000), (job.GetProperty("state").GetString(), job.GetProperty("done").GetInt32()));
        Assert.Equal(0, (await admin.GetAsync($"/admin/dlq/groups?group={group}")).Json.GetProperty("count").GetInt32());
        await platform.View.Redis.ExecuteAsync("XGROUP", "DESTROY", $"{platform.View.Prefix}events:task.deleted", group);
        TestContext.Current.SendDiagnosticMessage(
            $"{kind}: {(job.GetProperty("finished_at").GetDateTimeOffset() - job.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task A_slow_job_blocks_others_of_its_group_until_it_is_cancelled()
    {
        using var admin = await platform.Services.AdminAsync();
        for (var i = 0; i < 20; i++)
            await platform.AddDeadLetterAsync(group);

        var accepted = await admin.DeleteAsync($"/admin/dlq?group={group}&confirm=20&rate=1");
        var id = accepted.Json.GetProperty("job_id").GetString();
        (await admin.PostAsync("/admin/dlq/reprocess", new { Group = group })).AssertProblem(HttpStatusCode.Conflict);
        (await admin.PostAsync("/admin/dlq/reprocess", new { })).AssertProblem(HttpStatusCode.Conflict);
        var cancelled = (await admin.PostAsync($"/admin/jobs/{id}/cancel")).Json;

        Assert.Equal("cancelled", cancelled.GetProperty("state").GetString());
        Assert.InRange((await admin.GetAsync($"/admin/dlq/groups?group={group}")).Json.GetProperty("count").GetInt32(), 1, 20);
        Assert.Equal("cancelled", (await admin.PostAsync($"/admin/jobs/{id}/cancel")).Json.GetProperty("state").GetString());
        (await admin.PostAsync($"/admin/jobs/{Guid.Empty}/cancel")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Streams_are_returned_with_groups_pending_entries_and_entries()
    {
        using var admin = await platform.Services.AdminAsync();
        using var user = await platform.Services.RegisterAsync();
        await BusView.Until(() => user.GetAsync("/api/notifications"), found => found.Text.Contains("Welcome", StringComparison.Ordinal));
        await platform.View.Redis.ExecuteAsync("XGROUP", "CREATE", $"{platform.View.Prefix}events:user.created", group, "0");
        await platform.View.Redis.ExecuteAsync(
            "XREADGROUP", "GROUP", group, "a-consumer", "COUNT", 1, "STREAMS", $"{platform.View.Prefix}events:user.created", ">");

        var streams = (await admin.GetAsync("/admin/streams")).Json.GetProperty("items").EnumerateArray().ToList();
        var one = (await admin.GetAsync("/admin/streams/user.created")).Json;
        var pending = (await admin.GetAsync($"/admin/streams/user.created/groups/{group}/pending")).Json.GetProperty("items");
        var entries = (await admin.GetAsync("/admin/streams/user.created/entries?limit=1")).Json;

        Assert.Contains(streams, stream => stream.GetProperty("type").GetString() == "task.created");
        var found = one.GetProperty("stream").GetProperty("groups").EnumerateArray().Single(item => item.GetProperty("name").GetString() == group);
        Assert.Equal(1, found.GetProperty("pending").GetInt32());
        Assert.Equal(one.GetProperty("stream").GetProperty("length").GetInt32() - 1, found.GetProperty("lag").GetInt32());
        Assert.Contains(one.GetProperty("consumers").EnumerateArray(), consumer => consumer.GetProperty("name").GetString() == "a-consumer");
        Assert.Equal("a-consumer", Assert.Single(pending.EnumerateArray()).GetProperty("consumer").GetString());
        Assert.Contains("user.created", entries.GetProperty("items")[0].GetProperty("data").GetString(), StringComparison.Ordinal);
        (await admin.GetAsync("/admin/streams/nobody.knows")).AssertProblem(HttpStatusCode.NotFound);

        (await admin.DeleteAsync($"/admin/streams/user.created/groups/{group}")).AssertProblem(HttpStatusCode.Conflict);
        await platform.View.Redis.ExecuteAsync("XGROUP", "DELCONSUMER", $"{platform.View.Prefix}events:user.created", group, "a-consumer");
        Assert.Equal(HttpStatusCode.OK, (await admin.DeleteAsync($"/admin/streams/user.created/groups/{group}")).Status);
        (await admin.DeleteAsync($"/admin/streams/user.created/groups/{group}")).AssertProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Every_change_of_an_admin_is_audited()
    {
        using var admin = await platform.Services.AdminAsync();
        var id = await platform.AddDeadLetterAsync(group);
        await admin.DeleteAsync($"/admin/dlq/{id}");
        await admin.DeleteAsync($"/admin/dlq?group={group}");

        var actions = (await admin.GetAsync("/admin/audit?limit=2")).Json.GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(["PurgeDeadLetters", "DeleteDeadLetter"], actions.Select(action => action.GetProperty("action").GetString()));
        Assert.Equal([400, 200], actions.Select(action => action.GetProperty("status").GetInt32()));
        Assert.All(actions, action => Assert.Equal(RunningServices.AdminEmail, action.GetProperty("email").GetString()));
        Assert.Contains(id, actions[1].GetProperty("target").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{id}: deleted.", actions[1].GetProperty("details").GetString());
    }

    private static string TaskCreated(long worker, string title)
        => $$"""{"type":"task.created","aggregate_id":"1","data":{"task_id":1,"title":"{{title}}","worker_ids":[{{worker}}]},"timestamp":"2026-01-01T00:00:00Z"}""";
}
