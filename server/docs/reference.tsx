import { raw } from 'hono/html';
import {
  type Content,
  type Document,
  type NamedOperation,
  nameOfRef,
  operationsByTag,
  type Schema,
  variantsOf,
  wordsOf,
} from './document';
import { Fields, Table } from './fields';
import { STYLE } from './style';
import { Text } from './text';

/** The API's reference for people, out of its own OpenAPI document. */
export function Reference({ document }: { document: Document }) {
  const tags = [...operationsByTag(document)];
  const schemas = Object.entries(document.components.schemas).filter(
    ([, schema]) => isObject(schema) || isChoice(schema),
  );
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>{document.info.title} API</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <nav aria-label="Contents">
          <p class="brand">{document.info.title} API</p>
          {tags.map(([tag, operations]) => (
            <section>
              <h2>{tag}</h2>
              <ul>
                {operations.map(({ anchor, summary }) => (
                  <li>
                    <a href={`#${anchor}`}>{summary}</a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
          <section>
            <h2>Objects</h2>
            <ul>
              {schemas.map(([name]) => (
                <li>
                  <a href={`#${name}`}>{name}</a>
                </li>
              ))}
            </ul>
          </section>
        </nav>
        <main>
          <h1>
            {document.info.title} API <small>{document.info.version}</small>
          </h1>
          <Introduction />
          {tags.map(([tag, operations]) => (
            <section aria-labelledby={`tag-${tag}`}>
              <h2 id={`tag-${tag}`}>{tag}</h2>
              {operations.map((operation) => (
                <OperationArticle operation={operation} />
              ))}
            </section>
          ))}
          <section aria-labelledby="objects">
            <h2 id="objects">Objects</h2>
            {schemas.map(([name, schema]) => (
              <article id={name}>
                <h3>{name}</h3>
                {schema.description && <Text text={schema.description} />}
                {isObject(schema) ? <Fields schema={schema} /> : <p class="type">{wordsOf(schema)}</p>}
              </article>
            ))}
          </section>
        </main>
      </body>
    </html>
  );
}

const isObject = (schema: Schema) => variantsOf(schema).length > 0;
const isChoice = (schema: Schema) => (schema.oneOf ?? schema.anyOf) !== undefined;

const Introduction = () => (
  <>
    <p>
      Send a key as <code>Authorization: Bearer mg_…</code>; <code>makegood keys create</code> makes one. Bodies are
      JSON, amounts whole credits, moments ISO 8601 in UTC. Errors are{' '}
      <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457 problem details</a>: branch on their <code>code</code>,{' '}
      quote their <code>requestId</code>. All of them are <a href="/problems">in one table</a>.
    </p>
    <p>
      For machines: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
    </p>
  </>
);

function OperationArticle({ operation }: { operation: NamedOperation }) {
  const { anchor, method, path, summary, description, security, parameters = [], requestBody, responses } = operation;
  const scope = security?.[0] && Object.values(security[0])[0]?.[0];
  return (
    <article id={anchor}>
      <h3>{summary}</h3>
      <p class="call">
        <b class={method.toLowerCase()}>{method}</b> <code>{path}</code>
        {scope && <span class="scope">scope: {scope}</span>}
      </p>
      {description && <Text text={description} />}
      {parameters.length > 0 && (
        <Table
          caption="Parameters"
          rows={parameters.map(({ name, in: where, required, description, schema }) => ({
            name: required ? name : `${name}?`,
            type: `${wordsOf(schema)}; in the ${where}`,
            text: description ?? schema.description,
          }))}
        />
      )}
      {requestBody && <Body content={requestBody.content} />}
      <table>
        <caption>Answers</caption>
        {Object.entries(responses).map(([status, response]) => (
          <tr>
            <th scope="row">{status}</th>
            <td>
              <Text text={response.description} />
              {Number(status) < 400 && <Links content={response.content} />}
            </td>
          </tr>
        ))}
      </table>
    </article>
  );
}

function Body({ content }: { content: Content }) {
  const schema = content['application/json']?.schema;
  return schema ? (
    <p>
      Body: <TypeLink schema={schema} />
    </p>
  ) : null;
}

function Links({ content = {} }: { content?: Content | undefined }) {
  return (
    <>
      {Object.entries(content).map(([type, { schema }]) => (
        <p class="type">{schema.$ref ? <TypeLink schema={schema} /> : type}</p>
      ))}
    </>
  );
}

const TypeLink = ({ schema }: { schema: Schema }) =>
  schema.$ref ? <a href={`#${nameOfRef(schema.$ref)}`}>{nameOfRef(schema.$ref)}</a> : <span>{wordsOf(schema)}</span>;
