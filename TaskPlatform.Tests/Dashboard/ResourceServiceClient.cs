using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Aspire.Hosting;
using Google.Protobuf;

namespace TaskPlatform.Tests.Dashboard;

/// <summary>Asks an AppHost's resource service as the dashboard does: at the address, and with the key, that the dashboard was given.</summary>
internal sealed class ResourceServiceClient : IDisposable
{
    private const int HeaderSize = 5;

    private readonly HttpClient http;

    public ResourceServiceClient(string address, string key)
    {
        http = new HttpClient
        {
            BaseAddress = new Uri(address),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Add("x-resource-service-api-key", key);
    }

    public static async Task<ResourceServiceClient> OfAsync(DistributedApplication app, string? key = null)
    {
        var dashboard = await app.ResourceNotifications.WaitForResourceAsync(
            "aspire-dashboard", e => !e.Snapshot.EnvironmentVariables.IsEmpty, TestContext.Current.CancellationToken);
        var environment = dashboard.Snapshot.EnvironmentVariables.ToDictionary(v => v.Name, v => v.Value!);
        return new ResourceServiceClient(
            environment["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"], key ?? environment["DASHBOARD__RESOURCESERVICECLIENT__APIKEY"]);
    }

    public async Task<T> AskAsync<T>(string call, IMessage question, MessageParser<T> parser)
        where T : IMessage<T>
    {
        await foreach (var answer in WatchAsync(call, question, parser))
            return answer;

        throw new InvalidDataException($"{call} ended without an answer.");
    }

    /// <summary>The answers so far, and each that comes, until the service ends the call.</summary>
    public async IAsyncEnumerable<T> WatchAsync<T>(string call, IMessage question, MessageParser<T> parser)
        where T : IMessage<T>
    {
        using var response = await SendAsync(call, question);
        await foreach (var answer in ReadAsync(response, parser, TestContext.Current.CancellationToken))
            yield return answer;
    }

    /// <summary>gRPC's status of a call that ends.</summary>
    public async Task<string> StatusAsync(string call, IMessage question)
    {
        using var response = await SendAsync(call, question);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return response.TrailingHeaders.Concat(response.Headers).Single(header => header.Key == "grpc-status").Value.Single();
    }

    public void Dispose() => http.Dispose();

    private Task<HttpResponseMessage> SendAsync(string call, IMessage question)
    {
        var frame = new byte[HeaderSize + question.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), question.CalculateSize());
        question.WriteTo(frame.AsSpan(HeaderSize));
        var request = new HttpRequestMessage(HttpMethod.Post, $"/aspire.v1.DashboardService/{call}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async IAsyncEnumerable<T> ReadAsync<T>(
        HttpResponseMessage response, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var header = new byte[HeaderSize];
        while (await stream.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellationToken) == HeaderSize)
        {
            var content = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
            await stream.ReadExactlyAsync(content, cancellationToken);
            yield return parser.ParseFrom(content);
        }
    }
}
