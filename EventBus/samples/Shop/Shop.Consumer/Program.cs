using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Shop;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddDbContext<BillingDb>(db => db.UseNpgsql(builder.Configuration.GetConnectionString("billing-db")));
builder.Services.AddEventBus(bus => bus
    .AddEvents(events => events.Add<OrderPlaced>())
    .UseRedis("redis")
    .UsePostgres<BillingDb>()
    .AddConsumerGroup("billing", group => group.Handle<OrderPlaced, ChargeCard>()));
builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService("shop-consumer"))
    .WithTracing(tracing => tracing.AddSource(EventBusTelemetry.Name).AddOtlpExporter());

using var host = builder.Build();
await using (var scope = host.Services.CreateAsyncScope())
    await scope.ServiceProvider.GetRequiredService<BillingDb>().Database.EnsureCreatedAsync(); // A real service has migrations.

await host.RunAsync();
