using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace TaskPlatform.Tests.OfficialApi;

/// <summary>What an assembly uses of others. A member is named by the type that declares it, also where it is inherited.</summary>
internal static class UsedApi
{
    public static IReadOnlySet<ApiReference> Of(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();

        return Types(reader).Concat(Members(reader)).ToHashSet();
    }

    private static IEnumerable<ApiReference> Types(MetadataReader reader)
        => from handle in reader.TypeReferences
           let type = reader.GetTypeReference(handle)
           let assembly = AssemblyOf(reader, type)
           where assembly is not null
           select new ApiReference(assembly, ApiNotation.Type(ApiNotation.NameOf(reader, type)));

    private static IEnumerable<ApiReference> Members(MetadataReader reader)
        => from handle in reader.MemberReferences
           let member = reader.GetMemberReference(handle)
           let type = DeclaringType(reader, member.Parent)
           where type is not null
           let assembly = AssemblyOf(reader, type.Value)
           where assembly is not null
           select new ApiReference(assembly, Describe(reader, member, ApiNotation.NameOf(reader, type.Value)));

    private static string Describe(MetadataReader reader, MemberReference member, string type)
        => member.GetKind() == MemberReferenceKind.Field
            ? ApiNotation.Field(type, reader.GetString(member.Name))
            : ApiNotation.Method(type, reader.GetString(member.Name), ApiNotation.SignatureOf(member));

    /// <summary>Null for what isn't another assembly's: own generic types, and arrays, whose members the runtime makes.</summary>
    private static TypeReference? DeclaringType(MetadataReader reader, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification)
            parent = GenericDefinition(reader, (TypeSpecificationHandle)parent);

        return parent.Kind == HandleKind.TypeReference ? reader.GetTypeReference((TypeReferenceHandle)parent) : null;
    }

    private static EntityHandle GenericDefinition(MetadataReader reader, TypeSpecificationHandle handle)
    {
        var signature = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return default(ModuleDefinitionHandle);

        signature.ReadCompressedInteger(); // class or value type
        return signature.ReadTypeHandle();
    }

    private static string? AssemblyOf(MetadataReader reader, TypeReference type)
    {
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            type = reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);

        return type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : null;
    }
}
