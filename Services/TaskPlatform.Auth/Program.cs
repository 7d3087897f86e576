using TaskPlatform.Auth.Accounts;
using TaskPlatform.Auth.Data;
using TaskPlatform.Auth.Keys;
using TaskPlatform.Auth.Revocation;
using TaskPlatform.Auth.Users;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddTokenAuthentication<SigningKeys>();
builder.AddCurrentUser();
builder.AddDatabase<AuthDb>("auth-db");
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog(), bus => bus.UsePostgres<AuthDb>(store => store.Outbox("auth").UseBulkInserts()));
builder.AddSigningKeys();
builder.AddRevocation();
builder.AddAccounts();

var app = builder.Build();

app.UseServiceDefaults();
app.MapKeyEndpoints();
app.MapRevocationEndpoints();
app.MapAccountEndpoints();
app.MapUserEndpoints();

return await app.RunServiceAsync();
