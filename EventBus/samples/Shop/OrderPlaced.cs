using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TaskPlatform.EventBus;

namespace Shop;

/// <summary>A customer placed an order. Both programs compile this file; in a larger solution it would be a project of its own.</summary>
internal sealed record OrderPlaced(Guid OrderId, decimal Total) : IEvent<OrderPlaced>
{
    public static string Type => "order.placed";

    public static JsonTypeInfo<OrderPlaced> JsonTypeInfo => ShopJson.Default.OrderPlaced;

    string IEvent<OrderPlaced>.AggregateId => OrderId.ToString();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OrderPlaced))]
internal sealed partial class ShopJson : JsonSerializerContext;
