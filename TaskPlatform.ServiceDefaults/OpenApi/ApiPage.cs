using Microsoft.AspNetCore.Builder;
using Scalar.AspNetCore;

namespace TaskPlatform.ServiceDefaults.OpenApi;

/// <summary>The API explorer at <c>/scalar</c>. It is served from the package's own files and calls no other host.</summary>
internal static class ApiPage
{
    public static void MapApiPage(this WebApplication app)
        => app.MapScalarApiReference(page => page
                .WithTitle(app.Environment.ApplicationName)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideDeveloperTools())
            .AllowAnonymous();
}
