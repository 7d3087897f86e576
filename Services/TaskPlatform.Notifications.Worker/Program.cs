using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Postgres;
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
builder.AddEventBus("redis", TaskPlatformEvents.Catalog())
    .UseEventLog<NotificationsDb>("notifications")
    .PublishAlerts<NotificationsDb>()
    .AddConsumerGroup("notifications_service")
    .UseInbox<NotificationsDb>()
    .SubscribeInBatches<TaskCreated, NotifyWorkers>()
    .SubscribeInBatches<TaskAssigned, NotifyAddedWorkers>()
    .SubscribeInBatches<TaskUpdated, NotifyAdmins>()
    .SubscribeInBatches<TaskCompleted, NotifyCreator>()
    .SubscribeInBatches<TaskDeleted, NotifyOfDeletion>()
    .SubscribeInBatches<UserCreated, WelcomeUser>()
    .Subscribe<UserUpdated, RememberUser>()
    .Subscribe<UserDeleted, ForgetUser>()
    .Subscribe<AlertChanged, NotifyAdminsOfAlert>()
    .OnDeadLetter<ReportFailure>();

var app = builder.Build();

app.UseServiceDefaults();

return await app.RunServiceAsync();
