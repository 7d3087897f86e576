using Microsoft.Extensions.Logging;
using TaskPlatform.EventBus;

namespace Shop;

/// <summary>Charges an order. The bus saves the charge together with the inbox row of the event.</summary>
internal sealed partial class ChargeCard(BillingDb db, ILogger<ChargeCard> logger) : IEventHandler<OrderPlaced>
{
    public Task HandleAsync(OrderPlaced data, EventContext context, CancellationToken cancellationToken)
    {
        if (data.Total <= 0)
            throw new NonRetryableException($"The total of order {data.OrderId} is not positive.");
        if (data.Total > 1000)
            throw new TimeoutException("The bank did not answer.");

        db.Charges.Add(new Charge { OrderId = data.OrderId, Amount = data.Total });
        LogCharged(data.OrderId, data.Total);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "Charged {Amount} for order {OrderId}.")]
    private partial void LogCharged(Guid orderId, decimal amount);
}
