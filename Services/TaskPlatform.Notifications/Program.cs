using TaskPlatform.Contracts;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Notifications.Admin;
using TaskPlatform.Notifications.Console;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Live;
using TaskPlatform.Notifications.Notifications;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddDatabase<NotificationsDb>(NotificationsDb.ConnectionName);
builder.AddNotificationStream();
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog()).UseEventLog<NotificationsDb>("notifications").PublishAlerts<NotificationsDb>();
builder.AddAdministration();
builder.AddConsole();

var app = builder.Build();

app.UseServiceDefaults();
app.UseConsole();
app.MapNotificationEndpoints();
app.MapAdminEndpoints();
app.MapConsole();

return await app.RunServiceAsync();
