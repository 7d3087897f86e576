using FsCheck;
using FsCheck.Fluent;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Order, whatever happens to the consumers of a strict group, and whenever.</summary>
public abstract partial class TransportComplianceTests
{
    private const int Processes = 3;

    /// <summary>How many sequences of steps are tried.</summary>
    private protected virtual int Sequences => 100;

    /// <summary>The number of steps of each.</summary>
    private protected virtual int Steps => 60;

    [Fact]
    public async Task Every_aggregate_is_handled_in_the_order_of_its_events_and_each_event_once_whatever_happens_to_the_consumers()
    {
        var step = from kind in Gen.Frequency(
                       (6, Gen.Constant(OrderStep.Publish)), (5, Gen.Constant(OrderStep.Balance)), (6, Gen.Constant(OrderStep.Receive)),
                       (8, Gen.Constant(OrderStep.Handle)), (2, Gen.Constant(OrderStep.Claim)), (1, Gen.Constant(OrderStep.Kill)),
                       (1, Gen.Constant(OrderStep.Freeze)), (1, Gen.Constant(OrderStep.Stop)), (2, Gen.Constant(OrderStep.Wait)))
                   from process in Gen.Choose(0, Processes - 1)
                   select new OrderStepOf(kind, process);
        var sequences = Gen.ListOf(step, Steps);

        // On a thread of its own, because FsCheck blocks while it waits. FsCheck prints the seed and the steps of a failure.
        await Task.Factory.StartNew(
            () => Prop.ForAll(sequences.ToArbitrary(), CheckOrderAsync).Check(Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithQuietOnSuccess(true)),
            Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private async Task CheckOrderAsync(IList<OrderStepOf> steps)
    {
        await using var subject = await CreateAsync();
        var model = new OrderModel(subject, Catalog, GroupOf("ordered", Sent, Lost), Processes);
        foreach (var (kind, process) in steps)
            await model.RunAsync(kind, process);
        await model.FinishAsync();
        model.AssertOrder();
    }
}
