using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>Settings that a service can't start without.</summary>
public static class RequiredSettings
{
    /// <summary>Fails the start with a message if <c>ConnectionStrings:{name}</c> is missing or invalid.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name below <c>ConnectionStrings</c>.</param>
    /// <param name="parse">Throws an <see cref="ArgumentException"/> if the value is invalid.</param>
    public static void RequireConnectionString(this IHostApplicationBuilder builder, string name, Action<string>? parse = null)
        => builder.RequireSetting($"ConnectionStrings:{name}", parse);

    internal static void RequireSetting(this IHostApplicationBuilder builder, string key, Action<string>? parse = null)
        => builder.Services.AddSingleton(new RequiredSetting(key, parse));

    internal static void Check(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var settings = services.GetServices<RequiredSetting>().ToList();
        var missing = settings.Select(setting => setting.Key).Where(key => string.IsNullOrWhiteSpace(configuration[key])).Distinct().ToList();
        if (missing.Count > 0)
            throw new StartupException($"Missing in the configuration: {string.Join(", ", missing)}.");

        foreach (var setting in settings)
            setting.Check(configuration[setting.Key]!);
    }

    private sealed record RequiredSetting(string Key, Action<string>? Parse)
    {
        public void Check(string value)
        {
            try
            {
                Parse?.Invoke(value);
            }
            catch (ArgumentException failure)
            {
                // Without the value, which may contain a password.
                throw new StartupException($"{Key} in the configuration is invalid.", failure);
            }
        }
    }
}
