using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>
/// Inserts rows in one round trip, with one statement per table and one array per column. If a batch contains anything other than a plain
/// insert, the provider's own batch saves all of it.
/// </summary>
/// <param name="dependencies">Entity Framework's services.</param>
/// <param name="limit">The maximum number of changes in a batch.</param>
/// <param name="provider">Creates the provider's batches.</param>
/// <param name="bus">Provides the prepended statements.</param>
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
    /// A single batch is a transaction in Postgres, and an insert either succeeds or fails. An update, however, may find no row, and everything
    /// else must then be rolled back, so the provider's batch requires a transaction.
    /// </summary>
    public override bool RequiresTransaction => fallback?.RequiresTransaction ?? false;

    public override bool AreMoreBatchesExpected => fallback?.AreMoreBatchesExpected ?? areMoreExpected;

    public override bool TryAddCommand(IReadOnlyModificationCommand modificationCommand)
    {
        if (fallback is null && commands.Count == limit)
            return false;
        if (fallback is not null || InsertPlan.For(modificationCommand, dependencies.SqlGenerationHelper) is not { } plan)
            return FallBack().TryAddCommand(modificationCommand);

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

    /// <summary>Always uses the provider's batch, because no service saves synchronously.</summary>
    public override void Execute(IRelationalConnection connection)
    {
        if (fallback is null)
            FallBack().Complete(areMoreExpected);
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
            groups.ForEach(group => group.ApplyIdentities());
        }
        catch (Exception e) when (e is not DbUpdateException and not OperationCanceledException)
        {
            throw new DbUpdateException("The rows could not be inserted; see the inner exception.", e, Entries());
        }
    }

    /// <summary>Runs the statements and reads the generated identities, one result set per statement that returns them.</summary>
    private async Task RunAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var group in groups.Where(group => group.Plan.Identity is not null))
        {
            for (var results = group.StatementCount; results > 0; results--)
            {
                while (await reader.ReadAsync(cancellationToken))
                    group.AddIdentity(reader.GetInt64(0));
                await reader.NextResultAsync(cancellationToken);
            }
        }
    }

    private List<IUpdateEntry> Entries() => [.. commands.Select(command => command.Entries[0])];

    private ModificationCommandBatch FallBack()
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
