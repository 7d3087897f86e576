using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>The clock of a process is set forward and back.</summary>
[Trait("suite", "faults")]
public sealed class ClockTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_step_of_one_hour_under_load_has_no_effect(int hours)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var clock = new SteppedClock();
        await using var process = await BusProcess.StartAsync(
            place,
            services => services.AddSingleton<TimeProvider>(clock),
            options =>
            {
                options.RetryDelays.Clear();
                options.RetryDelays.Add(TimeSpan.FromSeconds(1));
            },
            Group);
        await using var load = Load.On(process, text: id => id % 10 == 0 ? ObeyNote.Fail : "good");
        await load.MoreAsync(50);

        clock.Step = TimeSpan.FromHours(hours);

        await load.MoreAsync(50);
        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        var letters = await view.EntriesAsync("event_dlq");
        Assert.Equal(load.Written / 10, letters.Count);
        Assert.All(letters, letter => Assert.Equal("4", letter["attempts"]));
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long step;

        public TimeSpan Step
        {
            set => Interlocked.Exchange(ref step, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref step));
    }
}
