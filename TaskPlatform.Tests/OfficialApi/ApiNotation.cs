using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace TaskPlatform.Tests.OfficialApi;

/// <summary>Writes types and members the way the lists do.</summary>
internal sealed class ApiNotation : ISignatureTypeProvider<string, object?>
{
    private static readonly ApiNotation Instance = new();

    public static string Type(string type) => $"T {type}";

    public static string Field(string type, string name) => $"F {type}::{name}";

    public static string Method(string type, string name, MethodSignature<string> signature)
    {
        var arity = signature.GenericParameterCount == 0 ? "" : $"``{signature.GenericParameterCount}";
        return $"M {type}::{name}{arity}({string.Join(',', signature.ParameterTypes)}) : {signature.ReturnType}";
    }

    public static MethodSignature<string> SignatureOf(MemberReference member) => member.DecodeMethodSignature(Instance, null);

    public static MethodSignature<string> SignatureOf(MethodDefinition method) => method.DecodeSignature(Instance, null);

    public static string NameOf(MetadataReader reader, TypeReference type)
        => type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}+{reader.GetString(type.Name)}"
            : FullName(reader, type.Namespace, type.Name);

    public static string NameOf(MetadataReader reader, TypeDefinition type)
        => type.GetDeclaringType() is { IsNil: false } parent
            ? $"{NameOf(reader, reader.GetTypeDefinition(parent))}+{reader.GetString(type.Name)}"
            : FullName(reader, type.Namespace, type.Name);

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => $"System.{typeCode}";

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        => NameOf(reader, reader.GetTypeReference(handle));

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
        => NameOf(reader, reader.GetTypeDefinition(handle));

    public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments)
        => $"{genericType}<{string.Join(',', typeArguments)}>";

    public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

    public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

    public string GetSZArrayType(string elementType) => $"{elementType}[]";

    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{new string(',', shape.Rank - 1)}]";

    public string GetByReferenceType(string elementType) => $"{elementType}&";

    public string GetPointerType(string elementType) => $"{elementType}*";

    public string GetPinnedType(string elementType) => elementType;

    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

    public string GetFunctionPointerType(MethodSignature<string> signature)
        => $"{signature.ReturnType}({string.Join(',', signature.ParameterTypes)})*";

    private static string FullName(MetadataReader reader, StringHandle space, StringHandle name)
        => space.IsNil ? reader.GetString(name) : $"{reader.GetString(space)}.{reader.GetString(name)}";
}
