using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>
/// POSTs alerts to the configured URL, in the format of Alertmanager's webhook, version 4
/// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). Alerts are queued, so that a slow receiver delays nothing else.
/// </summary>
internal sealed partial class Webhook(
    IHttpClientFactory clients, IOptions<AlertOptions> options, TimeProvider clock, BackgroundLoops loops, ILogger<Webhook> logger)
    : BackgroundService, IAlertSink
{
    private const int Capacity = 100;
    private const int MaxAttempts = 8;

    private readonly Channel<AlertChanged> queue = Channel.CreateBounded<AlertChanged>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });

    public Task NotifyAsync(AlertChanged alert, CancellationToken cancellationToken)
    {
        if (options.Value.Webhook is not null)
            queue.Writer.TryWrite(alert);
        return Task.CompletedTask;
    }

    /// <summary>Alerts that are still firing when the process stops are reported by the next leaseholder.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(
            new("webhook"),
            async token => await PostAsync(await queue.Reader.ReadAsync(token), options.Value.Webhook!, token),
            stoppingToken);

    private async Task PostAsync(AlertChanged alert, Uri receiver, CancellationToken cancellationToken)
    {
        var backOff = new BackOff(clock);
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                using var http = clients.CreateClient(nameof(Webhook));
                using var response = await http.PostAsJsonAsync(receiver, Body(alert), cancellationToken);
                response.EnsureSuccessStatusCode();
                return;
            }
            // Any exception, because the application may add handlers to its HTTP clients.
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogRefused(alert.Rule, attempts, e.Message);
                if (attempts == MaxAttempts)
                    return;
            }

            await backOff.WaitAsync(cancellationToken);
        }
    }

    private static JsonObject Body(AlertChanged alert)
    {
        var status = alert.IsResolved ? "resolved" : "firing";
        JsonObject Labels() => new() { ["alertname"] = alert.Rule, ["subject"] = alert.Subject };
        JsonObject Annotations() => new() { ["summary"] = alert.Summary };
        return new JsonObject
        {
            ["version"] = "4",
            ["groupKey"] = $"{{}}:{{alertname=\"{alert.Rule}\", subject=\"{alert.Subject}\"}}",
            ["truncatedAlerts"] = 0,
            ["status"] = status,
            ["receiver"] = "eventbus",
            ["groupLabels"] = Labels(),
            ["commonLabels"] = Labels(),
            ["commonAnnotations"] = Annotations(),
            ["externalURL"] = "",
            ["alerts"] = new JsonArray(new JsonObject
            {
                ["status"] = status,
                ["labels"] = Labels(),
                ["annotations"] = Annotations(),
                ["startsAt"] = alert.StartsAt,
                ["endsAt"] = alert.EndsAt ?? DateTimeOffset.MinValue, // The zero time means "not resolved yet".
                ["generatorURL"] = "",
                ["fingerprint"] = DerivedEventId.Of(alert.Rule, alert.Subject).ToString("n")[..16],
            }),
        };
    }

    [LoggerMessage(LogLevel.Warning, "The webhook rejected the alert {Rule} (attempt {Attempt}): {Error}")]
    private partial void LogRefused(string rule, int attempt, string error);
}
