using TaskPlatform.Contracts;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;
using TaskPlatform.Tasks.Idempotency;
using TaskPlatform.Tasks.Tasks;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddDatabase<TasksDb>("tasks-db");
builder.Services.AddScoped<IdempotencyStore>();
builder.Services.AddHostedService<IdempotencyCleanup>();
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog(), bus => bus
    .UsePostgres<TasksDb>(store => store.Outbox("tasks", keepHistory: true).UseBulkInserts()));

var app = builder.Build();

app.UseServiceDefaults();
app.MapTaskEndpoints();

return await app.RunServiceAsync();
