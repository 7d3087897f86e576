using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests;

/// <summary>Invalid settings are reported at startup.</summary>
public sealed class OptionsTests
{
    [Theory]
    [InlineData("InboxRetention", "1.00:00:00", "EventBus:InboxRetention is 1.00:00:00, less than EventBus:StreamRetention (7.00:00:00)")]
    [InlineData("ClaimInterval", "00:30:00", "EventBus:ClaimInterval is 00:30:00, more than ten times EventBus:ClaimIdle (00:01:00)")]
    [InlineData("RetryDelays:0", "-00:00:01", "EventBus:RetryDelays has a negative delay")]
    [InlineData("InstanceId", " ", "EventBus:InstanceId is blank")]
    [InlineData("MaxConcurrency", "0", "MaxConcurrency")]
    [InlineData("Groups:readers:Prefetch", "0", "EventBus:Groups:readers:Prefetch: The field Prefetch must be between 1 and 100000.")]
    [InlineData("Groups:readers:HandlerTimeout", "2.00:00:00", "EventBus:Groups:readers:HandlerTimeout: ")]
    [InlineData("Groups:readers:RetryDelays:0", "-00:00:01", "EventBus:Groups:readers:RetryDelays has a negative delay")]
    [InlineData("Groups:readers:Prefetc", "7", "EventBus:Groups:readers:Prefetc is not an option of a consumer group")]
    [InlineData("Groups:reader:Prefetch", "7", "EventBus:Groups:reader is not a consumer group of this process; there is readers, others.")]
    public async Task An_invalid_setting_is_reported_at_startup(string key, string value, string complaint)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"EventBus:{key}"] = value,
        });
        builder.Services.AddEventBus(bus => bus
            .AddEvents(events => events.Add<ParcelSent>())
            .UseInMemory()
            .AddConsumerGroup("readers", group => group.Handle<ParcelSent, NoHandler>())
            .AddConsumerGroup("others", group => group.Handle<ParcelSent, NoHandler>()));

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            using var host = builder.Build();
            await host.StartAsync(TestContext.Current.CancellationToken);
        });

        Assert.Contains(complaint, refusal.Message, StringComparison.Ordinal);
    }
}
