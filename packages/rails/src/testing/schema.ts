import { validateXML } from 'xmllint-wasm';
import { schemaOf } from './documentation.ts';

/** What is wrong with a message by a schema of `fixtures/schemas`, such as `pain.001.001.03`; nothing if it is valid. */
export async function schemaFaults(xml: string, schema: string): Promise<readonly string[]> {
  const { errors } = await validateXML({
    xml: { fileName: 'message.xml', contents: xml },
    schema: { fileName: 'schema.xsd', contents: schemaOf(schema) },
  });
  return errors.map(({ message }) => message);
}
