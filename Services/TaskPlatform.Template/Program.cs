using TaskPlatform.Contracts;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.ServiceDefaults;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Start;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Template.Data;
using TaskPlatform.Template.Items;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddTokenAuthentication();
builder.AddDatabase<TemplateDb>("template-db");
builder.RequireConnectionString("redis");
builder.AddEventBus("redis", TaskPlatformEvents.Catalog(), bus => bus.UsePostgres<TemplateDb>(store => store.Outbox("template")));

var app = builder.Build();

app.UseServiceDefaults();
app.MapGroup("/api/template").RequireAuthorization().WithTags("Template").MapItems();

return await app.RunServiceAsync();
