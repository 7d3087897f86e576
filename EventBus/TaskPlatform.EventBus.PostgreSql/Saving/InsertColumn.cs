using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;
using NpgsqlTypes;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>A column of an insert. Reads its values from the entities without boxing.</summary>
internal abstract class InsertColumn(string name, NpgsqlDbType type)
{
    public string Name => name;

    /// <summary>Whether the values of several rows can be sent as one array: <c>unnest</c> would flatten an array of arrays.</summary>
    public bool SupportsUnnest => !type.HasFlag(NpgsqlDbType.Array);

    protected NpgsqlDbType Type => type;

    /// <summary>The column for a property; null if Entity Framework has to write it.</summary>
    public static InsertColumn? Of(IColumnMapping mapping)
    {
        if (mapping.TypeMapping is not { } typeMapping)
            return null;

        using var command = new NpgsqlCommand();
        if (typeMapping.CreateParameter(command, "value", value: null, nullable: true) is not NpgsqlParameter { NpgsqlDbType: not NpgsqlDbType.Unknown } sample)
            return null;

        var property = mapping.Property;
        var valueType = typeMapping.Converter is { } converter ? Nullable(converter.ProviderClrType) : property.ClrType;
        return (InsertColumn)Activator.CreateInstance(
            typeof(InsertColumn<>).MakeGenericType(valueType), mapping.Column.Name, sample.NpgsqlDbType, property, typeMapping)!;
    }

    public abstract NpgsqlParameter Value(IUpdateEntry entry);

    public abstract NpgsqlParameter Values(IReadOnlyList<IUpdateEntry> entries);

    private static Type Nullable(Type type) => type.IsValueType && System.Nullable.GetUnderlyingType(type) is null ? typeof(Nullable<>).MakeGenericType(type) : type;
}

/// <inheritdoc/>
/// <typeparam name="T">The type of the values that are passed to Npgsql.</typeparam>
internal sealed class InsertColumn<T>(string name, NpgsqlDbType type, IProperty property, RelationalTypeMapping mapping) : InsertColumn(name, type)
{
    private readonly Func<object?, object?>? convert = mapping.Converter?.ConvertToProvider;

    public override NpgsqlParameter Value(IUpdateEntry entry) => new NpgsqlParameter<T> { NpgsqlDbType = Type, TypedValue = Read(entry) };

    public override NpgsqlParameter Values(IReadOnlyList<IUpdateEntry> entries)
    {
        var values = new T[entries.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Read(entries[i]);
        return new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | Type, TypedValue = values };
    }

    private T Read(IUpdateEntry entry)
        => convert is null ? entry.GetCurrentValue<T>(property) : (T)convert(entry.GetCurrentValue(property))!;
}
