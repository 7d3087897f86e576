using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>
/// New rows in one trip: a statement a table, an array a column. As soon as anything but a plain new row is to be saved,
/// all of it is left to the provider's own batch.
/// </summary>
/// <param name="dependencies">Entity Framework's services.</param>
/// <param name="limit">How many changes fit into a batch.</param>
/// <param name="provider">Makes the provider's batches.</param>
/// <param name="bus">Has the statements that go in front.</param>
internal sealed class InsertBatch(
    ModificationCommandBatchFactoryDependencies dependencies, int limit, IModificationCommandBatchFactory provider, BusContext bus)
    : ModificationCommandBatch
{
    private readonly List<IReadOnlyModificationCommand> commands = [];
    private readonly List<InsertGroup> groups = [];
    private ModificationCommandBatch? fallback;
    private bool areMoreExpected;

    public override IReadOnlyList<IReadOnlyModificationCommand> ModificationCommands => fallback?.ModificationCommands ?? commands;

    /// <summary>
    /// What goes in one trip is one transaction to Postgres, and an insert does its work or fails. But an update may find no row,
    /// which must take everything else back: then the provider's batch asks for a transaction.
    /// </summary>
    public override bool RequiresTransaction => fallback?.RequiresTransaction ?? false;

    public override bool AreMoreBatchesExpected => fallback?.AreMoreBatchesExpected ?? areMoreExpected;

    public override bool TryAddCommand(IReadOnlyModificationCommand modificationCommand)
    {
        if (fallback is null && commands.Count == limit)
            return false;
        if (fallback is not null || InsertPlan.For(modificationCommand, dependencies.SqlGenerationHelper) is not { } plan)
            return LeaveToProvider().TryAddCommand(modificationCommand);

        commands.Add(modificationCommand);
        if (groups.Count == 0 || groups[^1].Plan != plan)
            groups.Add(new InsertGroup(plan));
        groups[^1].Add(modificationCommand.Entries[0]);
        return true;
    }

    public override void Complete(bool moreBatchesExpected)
    {
        areMoreExpected = moreBatchesExpected;
        fallback?.Complete(moreBatchesExpected);
    }

    /// <summary>Left to the provider: no service saves without awaiting it.</summary>
    public override void Execute(IRelationalConnection connection)
    {
        if (fallback is null)
            LeaveToProvider().Complete(areMoreExpected);
        fallback!.Execute(connection);
    }

    public override async Task ExecuteAsync(IRelationalConnection connection, CancellationToken cancellationToken = default)
    {
        var context = dependencies.CurrentContext.Context;
        var prepended = bus.TakePrependedCommands();
        if (fallback is not null)
        {
            if (prepended.Length > 0)
                await context.RunAsync(prepended, cancellationToken);
            await fallback.ExecuteAsync(connection, cancellationToken);
            return;
        }

        try
        {
            var inserts = new List<NpgsqlBatchCommand>(groups.Count);
            groups.ForEach(group => group.AddTo(inserts));
            await using var batch = context.CreateBatch([.. prepended, .. inserts]);
            await RunAsync(batch, cancellationToken);
            if (inserts.Sum(insert => insert.RecordsAffected) != commands.Count)
                throw new DbUpdateException("Postgres did not insert every row.", Entries());
            groups.ForEach(group => group.Finish());
        }
        catch (Exception e) when (e is not DbUpdateException and not OperationCanceledException)
        {
            throw new DbUpdateException("New rows could not be saved; see the inner exception.", e, Entries());
        }
    }

    /// <summary>Runs the statements. Only identities come back, a result a statement that asks for them.</summary>
    private async Task RunAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var group in groups.Where(group => group.Plan.Identity is not null))
        {
            for (var results = group.Statements; results > 0; results--)
            {
                while (await reader.ReadAsync(cancellationToken))
                    group.Take(reader.GetInt64(0));
                await reader.NextResultAsync(cancellationToken);
            }
        }
    }

    private List<IUpdateEntry> Entries() => [.. commands.Select(command => command.Entries[0])];

    private ModificationCommandBatch LeaveToProvider()
    {
        if (fallback is not null)
            return fallback;

        fallback = provider.Create();
        foreach (var command in commands)
        {
            if (!fallback.TryAddCommand(command))
                throw new InvalidOperationException("The provider's batch is smaller than its own limit.");
        }

        return fallback;
    }
}
