import { type Schema, variantsOf, wordsOf } from './document';
import { Text } from './text';

/** The fields of an object, or of each object that a schema may be. */
export const Fields = ({ schema }: { schema: Schema }) => (
  <>
    {variantsOf(schema).map((variant) => (
      <Table caption="Fields" rows={rowsOf(variant)} />
    ))}
  </>
);

/** An object in an object is shown in place: `input.to`. */
function rowsOf({ properties = {}, required = [] }: Schema, prefix = '', optional = false): Row[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const left = optional || !required.includes(name);
    if (schema.properties) return rowsOf(schema, `${prefix}${name}.`, left);
    return [{ name: `${prefix}${name}${left ? '?' : ''}`, type: wordsOf(schema), text: schema.description }];
  });
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly text?: string | undefined;
}

export const Table = ({ caption, rows }: { caption: string; rows: readonly Row[] }) => (
  <table>
    <caption>{caption}</caption>
    {rows.map(({ name, type, text }) => (
      <tr>
        <th scope="row">
          <code>{name}</code>
        </th>
        <td>
          <span class="type">{type}</span>
          {text && <Text text={text} />}
        </td>
      </tr>
    ))}
  </table>
);
