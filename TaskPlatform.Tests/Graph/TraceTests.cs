using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Graph;

/// <summary>One trace follows an event through all processes, as the dashboard shows it.</summary>
[Collection(SharedPlatform.Name)]
public sealed class TraceTests(Platform platform)
{
    [Fact]
    public async Task One_trace_contains_request_create_send_process_SQL_and_ack()
    {
        Assert.SkipUnless(platform.HasDashboard, "The dashboard could not be set up on this machine; ./run says why.");
        var creator = await platform.RegisterAsync("creator");
        var worker = await platform.RegisterAsync("worker");
        string trace;
        using (var sent = new SentTrace())
        {
            trace = sent.Id;
            await creator.CreateTaskAsync("Trace me", worker.UserId);
        }

        // Each process exports independently.
        var spans = await BusView.Until(() => platform.TraceAsync(trace), found =>
            found.Any(span => span.Resource == "tasks" && span.Name.StartsWith("POST", StringComparison.Ordinal))
            && found.Any(span => span.Name == "send events:task.created")
            && found.Any(span => span.Name == "ack events:task.created"));
        var request = Assert.Single(spans, span => span.Resource == "tasks" && span.Name.StartsWith("POST", StringComparison.Ordinal));
        var create = Assert.Single(spans, span => span.Name == "create events:task.created");
        var send = Assert.Single(spans, span => span.Name == "send events:task.created");
        var process = Assert.Single(spans, span => span.Name == "process events:task.created");
        var ack = Assert.Single(spans, span => span.Name == "ack events:task.created");
        Assert.Equal(request.SpanId, create.ParentId);
        Assert.Equal(create.SpanId, send.ParentId);
        Assert.Equal(create.SpanId, process.ParentId);
        Assert.Equal(process.SpanId, ack.ParentId);
        Assert.Equal("notifications-worker", process.Resource);
        Assert.Contains(spans, span => span.ParentId == process.SpanId && span.Attributes.ContainsKey("db.system.name"));
        Assert.Equal("notifications_service", process.Attributes["messaging.consumer.group.name"]);
        Assert.All([create, send, process, ack], span => Assert.Equal("redis", span.Attributes["messaging.system"]));
    }

    [Fact]
    public async Task Retries_and_reprocessing_stay_in_the_trace_with_links_to_the_creation()
    {
        Assert.SkipUnless(platform.HasDashboard, "The dashboard could not be set up on this machine; ./run says why.");
        var admin = await platform.SignInAsAdminAsync();
        var worker = await platform.RegisterAsync("worker");
        await using var poison = await Poison.CreateAsync(platform);
        string trace;
        long taskId;
        using (var sent = new SentTrace())
        {
            trace = sent.Id;
            taskId = await admin.CreateTaskAsync(poison.Title, worker.UserId);
        }

        var deadLetter = await BusView.Until(
            async () => (await platform.EntriesAsync("event_dlq")).Find(entry => entry["data"].Contains(poison.Title, StringComparison.Ordinal)),
            found => found is not null);
        await poison.FixAsync();
        using (var reprocessed = await admin.Notifications.PostAsync($"/admin/dlq/reprocess/{deadLetter!["id"]}", null, TestContext.Current.CancellationToken))
            Assert.True(reprocessed.IsSuccessStatusCode, $"{reprocessed.StatusCode}");

        Assert.Single(await BusView.Until(() => worker.NotificationsAboutAsync(taskId), items => items.Count > 0));
        var spans = await BusView.Until(() => platform.TraceAsync(trace), found => found.Any(span => span.Name == "ack events:task.created"));
        var create = Assert.Single(spans, span => span.Name == "create events:task.created");
        var processes = spans.Where(span => span.Name == "process events:task.created").ToList();
        Assert.Equal(["0", "0", "1", "2", "3"], processes.Select(span => span.Attributes["eventbus.event.attempt"]).Order());
        Assert.All(processes, process => Assert.Equal(create.SpanId, process.ParentId));
        Assert.All(processes, process => Assert.Contains(create.SpanId, process.Links));
        Assert.Equal(3, spans.Count(span => span.Name == "retry events:task.created"));
        Assert.Single(spans, span => span.Name == "dead_letter events:task.created");
        var ack = Assert.Single(spans, span => span.Name == "ack events:task.created");
        Assert.Contains(processes, process => process.SpanId == ack.ParentId);
    }
}
