using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Audit;

/// <summary>Records every request that changes something: the request before it is executed, and its outcome afterwards.</summary>
internal sealed class AuditFilter(DashboardDb db, AuditEntry audit, TimeProvider time) : IEndpointFilter
{
    private const int MaxTargetLength = 2000;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method))
            return await next(context);

        // The request is executed only if the row was saved: while the database is unavailable, every change is refused.
        var caller = CurrentOperator.Of(http);
        var action = new AdminAction
        {
            At = time.GetUtcNow(),
            UserId = caller.UserId,
            Email = caller.Email,
            Action = http.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "",
            Target = Truncate($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}"),
        };
        db.AdminActions.Add(action);
        await db.SaveChangesAsync(http.RequestAborted);
        try
        {
            var result = await next(context);
            await EndAsync(action.Id, StatusOf(result), audit.Details);
            return result;
        }
        catch (Exception failure) when (!http.RequestAborted.IsCancellationRequested)
        {
            var status = failure is EventTransportUnavailableException
                ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status500InternalServerError;
            await EndAsync(action.Id, status, $"{audit.Details} Failed: {failure.Message}".Trim());
            throw;
        }
    }

    // Not cancelled with the request, because the change has been made.
    private async Task EndAsync(long id, int status, string details)
        => await db.AdminActions.Where(row => row.Id == id).ExecuteUpdateAsync(
            update => update.SetProperty(row => row.Status, status).SetProperty(row => row.Details, details), CancellationToken.None);

    private static int StatusOf(object? result) => result switch
    {
        INestedHttpResult nested => StatusOf(nested.Result),
        IStatusCodeHttpResult { StatusCode: { } status } => status,
        _ => StatusCodes.Status200OK,
    };

    private static string Truncate(string text) => text.Length <= MaxTargetLength ? text : text[..MaxTargetLength];
}
