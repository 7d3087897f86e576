using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>The keys by which the dashboard tells who may look and who may send; made anew for each run unless they are configured.</summary>
internal static class AppHostSecrets
{
    public const string BrowserToken = "AppHost:BrowserToken";
    public const string OtlpApiKey = "AppHost:OtlpApiKey";
    public const string DashboardApiKey = "AppHost:DashboardApiKey";
    public const string ResourceServiceApiKey = "AppHost:ResourceService:ApiKey";

    public static void AddTo(ConfigurationManager configuration)
    {
        var generated = new Dictionary<string, string?>();

        Add(BrowserToken, configuration["ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN"] ?? configuration["DOTNET_DASHBOARD_FRONTEND_BROWSERTOKEN"]);
        Add(OtlpApiKey, null);
        Add(DashboardApiKey, null);
        Add(ResourceServiceApiKey, null);
        configuration.AddInMemoryCollection(generated);

        void Add(string key, string? given) =>
            generated[key] = configuration[key] ?? given ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
    }
}
