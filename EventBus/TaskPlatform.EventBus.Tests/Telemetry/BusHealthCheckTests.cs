using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;

namespace TaskPlatform.EventBus.Tests.Telemetry;

public sealed class BusHealthCheckTests : IDisposable
{
    private readonly FakeTimeProvider clock = new();
    private readonly InMemoryBroker broker = new();
    private readonly EventBusOptions options = new();
    private readonly BusHealth health;
    private readonly BusHealthCheck check;

    public BusHealthCheckTests()
    {
        health = new BusHealth(clock);
        check = new BusHealthCheck(health, new InMemoryTransport(broker, new ConsumerName("one"), options, Topologies.Default), options);
    }

    public void Dispose() => broker.Dispose();

    [Fact]
    public async Task A_blocked_role_and_a_warning_degrade_it_until_they_end()
    {
        health.Blocked("readers settling", "No reply.");
        health.Warn("eviction", "Redis evicts keys.");
        var degraded = await CheckAsync();
        health.Recovered("readers settling");
        health.ClearWarning("eviction");

        Assert.Equal((HealthStatus.Degraded, "readers settling: No reply. Redis evicts keys."), (degraded.Status, degraded.Description));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("retention of NotesDb")]
    [InlineData("readers2 reading")]
    public async Task A_stalled_role_is_unhealthy_whatever_blocks_the_roles_of_others(string? blocked)
    {
        health.Heartbeat("readers reading");
        clock.Advance(options.StallTimeout + TimeSpan.FromSeconds(1));
        if (blocked is not null)
            health.Blocked(blocked, "No reply.");

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);
    }

    [Theory]
    [InlineData("readers")]
    [InlineData("readers events:note.written")]
    public async Task A_stalled_role_with_a_known_cause_is_degraded(string blocked)
    {
        health.Heartbeat("readers reading");
        clock.Advance(options.StallTimeout + TimeSpan.FromSeconds(1));
        health.Blocked(blocked, "No reply.");

        Assert.Equal(HealthStatus.Degraded, (await CheckAsync()).Status);
    }

    private Task<HealthCheckResult> CheckAsync() => check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
}
