using TaskPlatform.Contracts;
using TaskPlatform.EventBus.Dashboard;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Live;
using TaskPlatform.Notifications.Notifications;
using TaskPlatform.Notifications.Operators;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Http;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddDatabase<NotificationsDb>(NotificationsDb.ConnectionName);
builder.AddNotificationStream();
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog(), bus => bus
    .UsePostgres<NotificationsDb>(store => store.Outbox("notifications").PublishAlerts().UseBulkInserts()));
AuthOperators.Add(builder);
builder.AddEventBusDashboard<NotificationsDb>(dashboard =>
{
    dashboard.ProductName = "TaskPlatform";
    dashboard.CookieName = "taskplatform-console";
    dashboard.FindEventLog = TaskPlatformEvents.OwnerOf;
    dashboard.IsHeadRequest = HeadRequests.IsHead;
});

var app = builder.Build();

app.UseServiceDefaults();
app.MapNotificationEndpoints();
app.MapEventBusDashboard(dashboard =>
{
    dashboard.ApiPolicy = Role.Admin;
    dashboard.ConsolePolicy = policy => policy.RequireRole(Role.Admin);
});

return await app.RunServiceAsync();
