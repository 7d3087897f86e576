using TaskPlatform.AppHost;
using TaskPlatform.AppHost.Containers;
using TaskPlatform.AppHost.DeadLetters;
using TaskPlatform.AppHost.LocalServers;
using TaskPlatform.AppHost.Startup;

// Everything is plain HTTP on loopback, so no developer certificate is needed, and Aspire need not warn of a missing one.
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, TrustDeveloperCertificate = false });

var adminEmail = builder.AddParameter("admin-email");
var adminPassword = builder.AddParameter("admin-password", secret: true);

// Containers if an engine is available, otherwise the machine's own redis-server and postgres.
IDataServers servers = OperatingSystem.IsWindows() || ContainerEngine.IsAvailable(builder)
    ? new ContainerServers(builder)
    : new MachineServers(builder);

var redis = servers.AddRedis("redis", port: 16379);
var postgres = servers.AddPostgres("postgres", port: 15432);
var authDb = postgres.AddDatabase("auth-db");
var tasksDb = postgres.AddDatabase("tasks-db");
var notificationsDb = postgres.AddDatabase("notifications-db");

var auth = builder.AddService<Projects.TaskPlatform_Auth>("auth", port: 8001)
    .WithApiLink()
    .WithReference(redis).WaitFor(redis)
    .WithReference(authDb).WaitFor(authDb)
    .WithEnvironment("Admin__Email", adminEmail)
    .WithEnvironment("Admin__Password", adminPassword);

builder.AddService<Projects.TaskPlatform_Tasks>("tasks", port: 8002)
    .WithApiLink()
    .WithReference(redis).WaitFor(redis)
    .WithReference(tasksDb).WaitFor(tasksDb)
    .WithReference(auth);

var notifications = builder.AddService<Projects.TaskPlatform_Notifications>("notifications", port: 8003)
    .WithApiLink()
    .WithLink("/console", "Console")
    .WithDashboardAddress("Console__Dashboard")
    .WithApiLink("Admin API", "#tag/dead-letters")
    .WithReference(redis).WaitFor(redis)
    .WithReference(notificationsDb).WaitFor(notificationsDb)
    .WithReference(auth);

builder.AddService<Projects.TaskPlatform_Notifications_Worker>("notifications-worker")
    .WithReference(redis).WaitFor(redis)
    .WithReference(notificationsDb).WaitFor(notificationsDb)
    .WithLink("/health", "Health")
    .WithDeadLetterCommands(new AdminApi(auth, notifications, adminEmail, adminPassword));

builder.AddStartupChecks();

return await builder.Build().RunToEndAsync();
