using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace TaskPlatform.Tests.OfficialApi;

/// <summary>What an assembly offers to others: its public and protected types and members, in the lists' notation.</summary>
internal static class OfferedApi
{
    public static IReadOnlySet<string> Of(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();

        return reader.TypeDefinitions
            .Select(reader.GetTypeDefinition)
            .Where(type => IsOffered(reader, type))
            .SelectMany(type => Entries(reader, type))
            .ToHashSet();
    }

    private static IEnumerable<string> Entries(MetadataReader reader, TypeDefinition type)
    {
        var name = ApiNotation.NameOf(reader, type);
        var fields = type.GetFields().Select(reader.GetFieldDefinition)
            .Where(field => IsOffered(field.Attributes))
            .Select(field => ApiNotation.Field(name, reader.GetString(field.Name)));
        var methods = type.GetMethods().Select(reader.GetMethodDefinition)
            .Where(method => IsOffered(method.Attributes))
            .Select(method => ApiNotation.Method(name, reader.GetString(method.Name), ApiNotation.SignatureOf(method)));

        return [ApiNotation.Type(name), .. fields, .. methods];
    }

    private static bool IsOffered(MetadataReader reader, TypeDefinition type)
        => (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem
                => IsOffered(reader, reader.GetTypeDefinition(type.GetDeclaringType())),
            _ => false,
        };

    private static bool IsOffered(FieldAttributes attributes)
        => (attributes & FieldAttributes.FieldAccessMask)
            is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static bool IsOffered(MethodAttributes attributes)
        => (attributes & MethodAttributes.MemberAccessMask)
            is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;
}
