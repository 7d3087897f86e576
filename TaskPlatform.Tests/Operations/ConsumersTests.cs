using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Operations;

/// <summary>An operator can see the consumers of a stream, even if it never had any entries.</summary>
public sealed class ConsumersTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_consumer_that_has_handled_nothing_is_listed_on_each_of_its_streams()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, options => options.InstanceId = "one", Group);
        var streams = process.Services.GetRequiredService<IStreamAdmin>();

        foreach (var type in new[] { NoteWritten.Type, NoteErased.Type })
        {
            var group = await BusView.Until(async () => (await streams.DescribeAsync([type], Token))[0].Groups.SingleOrDefault(), found => found?.Consumers > 0);
            Assert.Equal((Group, 1L), (group!.Name, group.Consumers));
            Assert.Equal("notes:one", Assert.Single(await streams.ConsumersAsync(type, Group, Token)).Name);
        }

        Assert.Empty(await view.EntriesAsync("events:note.written"));
    }

    [Fact]
    public async Task A_consumer_that_reads_no_entries_is_not_idle_and_is_not_removed()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        static void Configure(EventBusOptions options)
        {
            options.InstanceId = "one";
            options.ClaimInterval = TimeSpan.FromMilliseconds(100);
            options.ClaimIdle = TimeSpan.FromMilliseconds(100);
        }

        await using var process = await BusProcess.StartAsync(place, Configure, Group);
        var streams = process.Services.GetRequiredService<IStreamAdmin>();
        await BusView.Until(() => streams.ConsumersAsync(NoteErased.Type, Group, Token), consumers => consumers.Count == 1);

        // Much longer than a consumer that has stopped is kept, which is 10 times ClaimIdle: it is listed every time, with a recent activity.
        var last = TimeSpan.Zero;
        for (var refreshed = 0; refreshed < 15;)
        {
            var consumer = Assert.Single(await streams.ConsumersAsync(NoteErased.Type, Group, Token));
            if (consumer.Idle < last)
                refreshed++;
            last = consumer.Idle;
            await Task.Delay(TimeSpan.FromMilliseconds(10), Token);
        }
    }

    [Fact]
    public async Task A_consumer_that_stopped_is_not_listed()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(place);
        var streams = process.Services.GetRequiredService<IStreamAdmin>();
        await using (await BusProcess.StartAsync(place, Group))
            await BusView.Until(() => streams.ConsumersAsync(NoteErased.Type, Group, Token), consumers => consumers.Count == 1);

        Assert.Empty(await streams.ConsumersAsync(NoteErased.Type, Group, Token));
    }
}
