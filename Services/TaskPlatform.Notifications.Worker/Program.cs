using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Notifications.Worker.Handlers;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddDatabase<NotificationsDb>(NotificationsDb.ConnectionName);
builder.Services.AddScoped<Notifier>();
builder.Services.AddHostedService<EraseUsers>();
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog(), bus => bus
    .UsePostgres<NotificationsDb>(store => store.Outbox("notifications").PublishAlerts().UseBulkInserts())
    .AddConsumerGroup("notifications_service", group => group
        .HandleInBatches<TaskCreated, NotifyWorkers>()
        .HandleInBatches<TaskAssigned, NotifyAddedWorkers>()
        .HandleInBatches<TaskUpdated, NotifyAdmins>()
        .HandleInBatches<TaskCompleted, NotifyCreator>()
        .HandleInBatches<TaskDeleted, NotifyOfDeletion>()
        .HandleInBatches<UserCreated, WelcomeUser>()
        .Handle<UserUpdated, UpdateRecipient>()
        .Handle<UserDeleted, EraseRecipient>()
        .Handle<AlertChanged, NotifyAdminsOfAlert>()
        .Ignore<NotificationSent>()
        .Ignore<NotificationFailed>()
        .RequireAll()
        .OnDeadLetter<ReportFailure>()));

var app = builder.Build();

app.UseServiceDefaults();

return await app.RunServiceAsync();
