using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Admin;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowStream
{
    private const int EntriesShown = 20;
    private const int PendingShown = 20;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/streams/{type}", HandleAsync);

    private static async Task<IResult> HandleAsync(
        string type, CurrentOperator caller, IStreamAdmin streams, IOptions<ConsoleOptions> options, TimeProvider time, CancellationToken cancellationToken)
        => await ShowAsync(type, caller, streams, options, time, problem: null, cancellationToken);

    public static async Task<IResult> ShowAsync(
        string type, CurrentOperator caller, IStreamAdmin streams, IOptions<ConsoleOptions> options, TimeProvider time, string? problem,
        CancellationToken cancellationToken)
    {
        if (new FieldErrors().RequireEventType(type).Any)
            return NotFound(type, caller);
        var stream = (await streams.DescribeAsync([type], cancellationToken))[0];
        if (!stream.Exists)
            return NotFound(type, caller);

        var groups = new List<GroupContent>();
        foreach (var group in stream.Groups)
        {
            groups.Add(new GroupContent(
                group,
                await streams.ConsumersAsync(type, group.Name, cancellationToken),
                await streams.PendingAsync(type, group.Name, PendingShown, after: null, cancellationToken)));
        }

        return new RazorComponentResult<StreamPage>(new
        {
            Operator = caller,
            Stream = stream,
            Groups = groups,
            Entries = stream.Problem is null ? await streams.EntriesAsync(type, EntriesShown, null, newestFirst: true, cancellationToken) : [],
            Options = options.Value,
            Now = time.GetUtcNow(),
            Problem = problem,
        })
        {
            StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict,
        };
    }

    private static RazorComponentResult<NotFoundPage> NotFound(string type, CurrentOperator caller)
        => new(new { Operator = caller, What = $"There is no stream of {type}. The first event of this type creates it." })
        {
            StatusCode = StatusCodes.Status404NotFound,
        };
}
