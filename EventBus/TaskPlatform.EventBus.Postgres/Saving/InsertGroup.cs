using Microsoft.EntityFrameworkCore.Update;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>New rows of one table.</summary>
internal sealed class InsertGroup(InsertPlan plan)
{
    private readonly List<IUpdateEntry> entries = [];
    private readonly List<long> identities = [];

    public InsertPlan Plan => plan;

    public void Add(IUpdateEntry entry) => entries.Add(entry);

    /// <summary>How many statements it takes: one for all of them where that can be, else one for each.</summary>
    public int Statements => plan.SupportsUnnest ? 1 : entries.Count;

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

    /// <summary>An identity that Postgres gave one of them.</summary>
    public void Take(long identity) => identities.Add(identity);

    /// <summary>Tells the entities their identities: they count in the entities' order, in whichever order they came back.</summary>
    public void Finish()
    {
        identities.Sort();
        for (var i = 0; i < identities.Count; i++)
            entries[i].SetStoreGeneratedValue(plan.Identity!, identities[i]);
    }
}
