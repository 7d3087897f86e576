using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>The rows to insert into one table.</summary>
internal sealed class InsertGroup(InsertPlan plan)
{
    private readonly List<IUpdateEntry> entries = [];
    private readonly List<long> identities = [];

    public InsertPlan Plan => plan;

    public void Add(IUpdateEntry entry) => entries.Add(entry);

    /// <summary>The number of statements: one for all rows if the plan supports it, otherwise one per row.</summary>
    public int StatementCount => plan.SupportsUnnest ? 1 : entries.Count;

    public void AddTo(List<NpgsqlBatchCommand> commands)
    {
        if (entries.Count > 1 && plan.SupportsUnnest)
        {
            commands.Add(plan.Insert(entries));
            return;
        }

        foreach (var entry in entries)
            commands.Add(plan.Insert(entry));
    }

    /// <summary>Adds an identity that Postgres generated.</summary>
    public void AddIdentity(long identity) => identities.Add(identity);

    /// <summary>Assigns the identities to the entities. They ascend in the order of the entities, but may be returned in any order.</summary>
    public void ApplyIdentities()
    {
        identities.Sort();
        for (var i = 0; i < identities.Count; i++)
            entries[i].SetStoreGeneratedValue(plan.Identity!, identities[i]);
    }
}
