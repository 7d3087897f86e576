using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>Which process is the sampler: one with consumer groups; another one only while none of these is running.</summary>
public sealed class TakeoverTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task A_worker_takes_over_from_a_service_at_its_first_evaluation()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var service = await SamplerProcess.StartAsync(place, "service", SamplerProcess.Never);
        await SamplerProcess.ElectedAsync(view, "notes:service");

        await using var worker = await SamplerProcess.StartAsync(place, "worker", SamplerProcess.Never, groups: Group);

        await SamplerProcess.ElectedAsync(view, "notes:worker preferred");
        Assert.Null(await SamplerProcess.EvaluateAsync(service));
        Assert.NotNull(await SamplerProcess.EvaluateAsync(worker));
    }

    [Fact]
    public async Task A_worker_does_not_take_over_from_another()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var first = await SamplerProcess.StartAsync(place, "first", SamplerProcess.Never, groups: Group);
        await SamplerProcess.ElectedAsync(view, "notes:first preferred");

        await using var second = await SamplerProcess.StartAsync(place, "second", SamplerProcess.Never, groups: Group);

        Assert.Null(await SamplerProcess.EvaluateAsync(second));
        Assert.NotNull(await SamplerProcess.EvaluateAsync(first));
    }

    [Fact]
    public async Task A_service_takes_over_once_the_lease_of_a_dead_worker_has_expired_and_yields_to_the_next_worker()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var often = TimeSpan.FromMilliseconds(100);
        await using var service = await SamplerProcess.StartAsync(place, "service", often);
        await using (await SamplerProcess.StartAsync(place, "worker", often, groups: Group))
            await SamplerProcess.ElectedAsync(view, "notes:worker preferred");

        await SamplerProcess.ElectedAsync(view, "notes:service");

        await using var next = await SamplerProcess.StartAsync(place, "next", often, groups: Group);
        await SamplerProcess.ElectedAsync(view, "notes:next preferred");
    }

    [Fact]
    public async Task Growth_before_a_takeover_is_reported_once_by_the_worker()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var receiver = await WebhookReceiver.StartAsync(refusals: 0);
        await using var service = await SamplerProcess.StartAsync(place, "service", SamplerProcess.Never, receiver);
        await SamplerProcess.CountedAsync(view);
        await SamplerProcess.AddDeadLetterAsync(view);

        await using var worker = await SamplerProcess.StartAsync(place, "worker", SamplerProcess.Never, receiver, groups: Group);

        Assert.Equal("firing", (await receiver.NextAsync()).GetProperty("status").GetString());
        await SamplerProcess.EvaluateAsync(service);
        await SamplerProcess.EvaluateAsync(worker);
        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");
        await SamplerProcess.EvaluateAsync(worker);
        Assert.Equal("resolved", (await receiver.NextAsync()).GetProperty("status").GetString());
        Assert.Equal(0, receiver.Waiting);
    }

    [Fact]
    public async Task An_alert_reported_by_a_service_is_not_reported_again_by_the_worker()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var receiver = await WebhookReceiver.StartAsync(refusals: 0);
        await using var service = await SamplerProcess.StartAsync(place, "service", SamplerProcess.Never, receiver);
        await SamplerProcess.CountedAsync(view);
        await SamplerProcess.AddDeadLetterAsync(view);
        await SamplerProcess.EvaluateAsync(service);
        Assert.Equal("firing", (await receiver.NextAsync()).GetProperty("status").GetString());

        await using var worker = await SamplerProcess.StartAsync(place, "worker", SamplerProcess.Never, receiver, groups: Group);
        await SamplerProcess.ElectedAsync(view, "notes:worker preferred");
        await SamplerProcess.EvaluateAsync(worker);
        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");
        await SamplerProcess.EvaluateAsync(worker);

        Assert.Equal("resolved", (await receiver.NextAsync()).GetProperty("status").GetString());
        Assert.Equal(0, receiver.Waiting);
    }

    [Fact]
    public async Task Alerts_found_by_a_process_that_lost_the_lease_are_reported_by_the_next_sampler()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var service = await SamplerProcess.StartAsync(place, "service", SamplerProcess.Never);
        await SamplerProcess.ElectedAsync(view, "notes:service");
        await using var worker = await SamplerProcess.StartAsync(place, "worker", SamplerProcess.Never, groups: Group);
        await SamplerProcess.ElectedAsync(view, "notes:worker preferred");

        var store = service.Services.GetRequiredService<IMonitoringStore>();
        var latest = await store.LatestAsync(TestContext.Current.CancellationToken);
        var alert = new AlertChanged("dlq_growth", "", "It grew.", DateTimeOffset.UnixEpoch, null);
        var update = new MonitoringUpdate(latest! with { DeadLetters = 1 }, [], [alert], [], MaxUnpublished: 1);

        Assert.False(await store.SaveAsync(service.Services.GetRequiredService<SamplerIdentity>(), update, TestContext.Current.CancellationToken));
        Assert.Equal(0, await view.Redis.HashLengthAsync(place.Prefix + "events:alerts"));
        Assert.Equal(0, (await store.LatestAsync(TestContext.Current.CancellationToken))!.DeadLetters);
    }
}
