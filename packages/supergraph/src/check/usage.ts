import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * The schema coordinates that an operation depends on: `Type`, `Type.field`, `Type.field.argument`, `Input.field`, `Enum`
 * and `@directive`. A field of an interface is that field of every type that implements it; a variable may carry any field
 * of its input type. What the schema does not know is left out.
 */
export function usageOf(document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> {
  const used = new Set<string>();
  const typeInfo = new TypeInfo(schema);

  const useType = (type: GraphQLNamedType | null | undefined): void => {
    if (type) used.add(type.name);
  };
  const useInput = (type: GraphQLNamedType): void => {
    if (used.has(`${type.name}.*`)) return;
    used.add(`${type.name}.*`);
    useType(type);
    if (!isInputObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      used.add(`${type.name}.${field.name}`);
      useInput(getNamedType(field.type));
    }
  };

  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ arguments: given = [] }) {
        const [parent, field] = [typeInfo.getParentType(), typeInfo.getFieldDef()];
        if (!parent || !field) return;
        useType(getNamedType(field.type));
        for (const type of [parent, ...(isAbstractType(parent) ? schema.getPossibleTypes(parent) : [])]) {
          useType(type);
          used.add(`${type.name}.${field.name}`);
          for (const { name } of given) used.add(`${type.name}.${field.name}.${name.value}`);
        }
      },
      VariableDefinition({ type }) {
        const known = typeFromAST(schema, type);
        if (known) useInput(getNamedType(known));
      },
      ObjectField({ name }) {
        const parent = getNamedType(typeInfo.getParentInputType());
        useType(parent);
        if (parent) used.add(`${parent.name}.${name.value}`);
      },
      EnumValue: () => useType(getNamedType(typeInfo.getInputType())),
      NamedType: ({ name }) => useType(schema.getType(name.value)),
      Directive: ({ name }) => void used.add(`@${name.value}`),
    }),
  );
  return used;
}
