using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard.ResourceService.Messages;
using Microsoft.AspNetCore.Http;

namespace Aspire.Hosting.Dashboard.ResourceService;

/// <summary>What the dashboard can ask. Each call ends when the dashboard hangs up.</summary>
internal sealed class DashboardCalls(
    ResourceNotificationService notifications, ResourceLoggerService logs, ResourceCommandService commands, string applicationName)
{
    /// <summary>Far below the 4 MB that a gRPC client takes, even where each character is three bytes.</summary>
    private const int MaxCharactersAtOnce = 1_000_000;

    /// <summary>Null where there is no call of that name.</summary>
    public Func<HttpContext, CancellationToken, Task>? Find(string? name) => name switch
    {
        "GetApplicationInformation" => GetApplicationAsync,
        "WatchResources" => WatchResourcesAsync,
        "WatchResourceConsoleLogs" => WatchConsoleAsync,
        "ExecuteResourceCommand" => ExecuteCommandAsync,
        "WatchInteractions" => WatchInteractionsAsync,
        _ => null,
    };

    private async Task GetApplicationAsync(HttpContext http, CancellationToken cancellationToken)
    {
        await http.Request.BodyReader.ReadMessageAsync(ApplicationQuestion.Parser, cancellationToken);
        await AnswerAsync(http, new ApplicationAnswer { ApplicationName = applicationName }, cancellationToken);
    }

    private async Task WatchResourcesAsync(HttpContext http, CancellationToken cancellationToken)
    {
        await http.Request.BodyReader.ReadMessageAsync(ResourcesQuestion.Parser, cancellationToken);
        using var changes = new PendingChanges(notifications);

        var all = new AllResources { Resources = { changes.Present.Select(ResourceMessages.Of) } };
        await AnswerAsync(http, new ResourcesAnswer { All = all }, cancellationToken);

        while (true)
        {
            var changed = await changes.TakeAsync(cancellationToken);
            var answer = new ResourceChanges { Changes = { changed.Select(state => new ResourceChange { Resource = ResourceMessages.Of(state) }) } };
            await AnswerAsync(http, new ResourcesAnswer { Changes = answer }, cancellationToken);
        }
    }

    private async Task WatchConsoleAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var question = await http.Request.BodyReader.ReadMessageAsync(ConsoleQuestion.Parser, cancellationToken);
        var console = question.OnlySoFar ? logs.GetAllAsync(question.ResourceName) : logs.WatchAsync(question.ResourceName);

        await foreach (var lines in console.WithCancellation(cancellationToken))
        {
            foreach (var part in Parts(lines))
                await AnswerAsync(http, new ConsoleAnswer { Lines = { part } }, cancellationToken);
        }
    }

    private async Task ExecuteCommandAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var question = await http.Request.BodyReader.ReadMessageAsync(CommandQuestion.Parser, cancellationToken);
        var result = await commands.ExecuteCommandAsync(question.ResourceName, question.CommandName, cancellationToken);

        var answer = new CommandAnswer
        {
            Outcome = result.Success ? Outcome.Succeeded : result.Canceled ? Outcome.Cancelled : Outcome.Failed,
            Message = result.Message ?? "",
        };
        await AnswerAsync(http, answer, cancellationToken);
    }

    /// <summary>Through this the application could ask people something. It doesn't, but a call that ended would count as a lost connection.</summary>
    private static async Task WatchInteractionsAsync(HttpContext http, CancellationToken cancellationToken)
    {
        await http.Response.StartAsync(cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static Task AnswerAsync(HttpContext http, Google.Protobuf.IMessage answer, CancellationToken cancellationToken) =>
        http.Response.BodyWriter.WriteMessageAsync(answer, cancellationToken);

    private static IEnumerable<List<ConsoleLine>> Parts(IReadOnlyList<LogLine> lines)
    {
        var part = new List<ConsoleLine>();
        var size = 0;

        foreach (var line in lines)
        {
            var text = line.Content.Length > MaxCharactersAtOnce ? line.Content[..MaxCharactersAtOnce] : line.Content;
            size += text.Length;

            if (size > MaxCharactersAtOnce && part.Count > 0)
            {
                yield return part;
                (part, size) = ([], text.Length);
            }

            part.Add(new ConsoleLine { Number = line.LineNumber, Text = text, IsError = line.IsErrorMessage });
        }

        if (part.Count > 0)
            yield return part;
    }
}
