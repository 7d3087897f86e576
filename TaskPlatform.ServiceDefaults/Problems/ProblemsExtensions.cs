using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.ServiceDefaults.Problems;

/// <summary>Returns every error as ProblemDetails (RFC 9457).</summary>
internal static class ProblemsExtensions
{
    public static void AddProblems(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<BadRequestProblem>();
        builder.Services.AddExceptionHandler<ConflictProblem>();
        builder.Services.AddExceptionHandler<UnavailableProblem>();
    }

    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }
}
