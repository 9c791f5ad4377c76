interface Document {
  readonly paths?: Readonly<Record<string, object>>;
}

/** The methods that a path of the document takes; none where it has no such path. */
export function allowedMethods({ paths = {} }: Document, path: string): string[] {
  const found = Object.entries(paths).find(([template]) => matches(template, path))?.[1];
  const methods = Object.keys(found ?? {}).map((method) => method.toUpperCase());
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') || part === given[at]);
}
