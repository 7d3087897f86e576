using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>Alerts are published as events to one log, regardless of the process that found them.</summary>
public sealed class AlertEventTests(RedisServer redis, PostgresServer postgres)
{
    [Fact]
    public async Task An_alert_found_by_a_process_without_an_event_log_is_published_by_another_process()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var service = await SamplerProcess.StartAsync(place, "service", SamplerProcess.Never, publishes: false);
        await SamplerProcess.CountedAsync(view);
        await SamplerProcess.AddDeadLetterAsync(view);
        await SamplerProcess.EvaluateAsync(service);
        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");
        await SamplerProcess.EvaluateAsync(service);
        Assert.Equal(2, await view.Redis.ListLengthAsync(place.Prefix + "events:alerts:unpublished"));
        Assert.Empty(await view.EntriesAsync("events:alert.changed"));

        await using var worker = await SamplerProcess.StartAsync(place, "worker", SamplerProcess.Never, groups: "readers");

        var events = await BusView.Until(() => view.EntriesAsync("events:alert.changed"), entries => entries.Count == 2);
        Assert.Equal(
            [JsonValueKind.Null, JsonValueKind.String],
            events.Select(entry => JsonElement.Parse(entry["data"]).GetProperty("data").GetProperty("ends_at").ValueKind));
        await BusView.Until(() => view.Redis.ListLengthAsync(place.Prefix + "events:alerts:unpublished"), length => length == 0);
        await SamplerProcess.EvaluateAsync(worker);
        Assert.Equal(2, events.Select(entry => entry["event_id"]).Distinct().Count());
        await view.PublishedAsync();
        Assert.Equal(2, (await view.EntriesAsync("events:alert.changed")).Count);
    }

    [Fact]
    public async Task A_change_published_by_two_processes_is_one_event_for_the_inbox()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var one = await SamplerProcess.StartAsync(place, "one", SamplerProcess.Never);
        await using var other = await SamplerProcess.StartAsync(place, "other", SamplerProcess.Never);
        var alert = new AlertChanged("dlq_growth", "", "It grew.", DateTimeOffset.UnixEpoch, null);

        foreach (var process in new[] { one, other })
        {
            await using var scope = process.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IAlertLog>().AppendAsync(alert, TestContext.Current.CancellationToken);
        }

        var events = await BusView.Until(() => view.EntriesAsync("events:alert.changed"), entries => entries.Count == 2);
        Assert.Single(events.Select(entry => entry["event_id"]).Distinct());
    }
}
