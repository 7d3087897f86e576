using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Names columns as the API names its members, so that a new property needs no line in the model.</summary>
public static class SnakeCaseColumns
{
    /// <summary>Gives every property without a column name its own name in snake_case. Called last in <c>OnModelCreating</c>.</summary>
    public static void UseSnakeCaseColumns(this ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var property in model.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            if (property.FindAnnotation(RelationalAnnotationNames.ColumnName) is null)
                property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        }
    }
}
