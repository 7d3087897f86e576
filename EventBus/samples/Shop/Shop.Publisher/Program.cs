// Places one order for each total that is given: dotnet run -- 20 5000 -5
using System.Globalization;
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
builder.Services.AddDbContext<OrdersDb>(db => db.UseNpgsql(builder.Configuration.GetConnectionString("orders-db")));
builder.Services.AddEventBus(bus => bus
    .AddEvents(events => events.Add<OrderPlaced>())
    .UseRedis("redis")
    .UsePostgres<OrdersDb>(store => store.Outbox("orders")));
builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService("shop-publisher"))
    .WithTracing(tracing => tracing.AddSource(EventBusTelemetry.Name).AddOtlpExporter());

using var host = builder.Build();
await using var scope = host.Services.CreateAsyncScope();
var db = scope.ServiceProvider.GetRequiredService<OrdersDb>();
await db.Database.EnsureCreatedAsync(); // A real service has migrations.
await host.StartAsync();

foreach (var total in args.Select(argument => decimal.Parse(argument, CultureInfo.InvariantCulture)))
{
    var order = new Order { Id = Guid.CreateVersion7(), Total = total };
    db.Orders.Add(order);
    db.Publish(new OrderPlaced(order.Id, order.Total));
    await db.SaveChangesAsync();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Placed order {order.Id} for {order.Total}."));
}

await host.WaitForShutdownAsync(); // The dispatcher publishes what was committed, now or after the next start.
