using System.Globalization;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class StartReplay
{
    public static void Map(IEndpointRouteBuilder console)
        => console.MapPost("/streams/{type}/replay", HandleAsync).WithName("ConsoleReplay");

    private static async Task<IResult> HandleAsync(
        string type, HttpContext http, CurrentOperator caller, ReplayStart replays, IStreamAdmin streams, IOptions<ConsoleOptions> options,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var request = new ReplayStart.Request(Time(form["from"]), Time(form["to"]), form["group"], form["effects"], Rate: null);
        var started = await replays.StartAsync(type, request, caller, cancellationToken);
        return started.Job is { } job
            ? TypedResults.LocalRedirect($"/console/jobs/{job.Id}")
            : await ShowStream.ShowAsync(type, caller, streams, options, time, started.Problem, cancellationToken);
    }

    private static DateTimeOffset? Time(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
