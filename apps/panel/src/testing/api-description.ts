/** The description that a panel serves, and whether an answer is one that it tells of. */
import { type JsonSchema, resolved, type Schemas, schemaFaults } from './json-schema-faults.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly security?: readonly object[];
}

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas; readonly securitySchemes: object };
}

export interface DescribedOperation extends Operation {
  readonly method: string;
  readonly path: string;
}

export interface AnswerToCheck {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  /** Of JSON; undefined for an answer without a body, and for one that is no JSON. */
  readonly body: unknown;
}

export class ApiDescription {
  readonly document: ApiDocument;
  readonly operations: readonly DescribedOperation[];

  constructor(document: ApiDocument) {
    this.document = document;
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        ...operation,
        method: method.toUpperCase(),
        path,
      })),
    );
  }

  get schemas(): Schemas {
    return this.document.components.schemas;
  }

  operationOf(method: string, path: string): DescribedOperation | undefined {
    return this.operations.find((one) => one.method === method && isAt(one.path, path));
  }

  /** @returns what is wrong with it; empty for an answer that is described */
  faultsOf({ method, path, status, contentType, body }: AnswerToCheck): readonly string[] {
    const operation = this.operationOf(method, path);
    // What has no route is told in no description; its answer is one of three problems all the same.
    if (operation === undefined)
      return [404, 405, 413, 415].includes(status) ? [] : [`${status} is told where there is no route`];
    const response = operation.responses[status];
    if (response === undefined) return [`${method} ${operation.path} does not tell of ${status}`];
    const { content } = response;
    if (content === undefined)
      return body === undefined ? [] : [`${status} has a body that is not described`];
    const told = content[contentType.split(';')[0] ?? ''];
    if (told === undefined) return [`${contentType} is not described for ${status}`];
    if (!/json$/.test(contentType.split(';')[0] ?? '')) return [];
    return schemaFaults(this.schemas, told.schema, body);
  }

  resolve(schema: JsonSchema): JsonSchema {
    return resolved(this.schemas, schema);
  }
}

function isAt(template: string, path: string): boolean {
  const [parts, asked] = [template.split('/'), path.split('/')];
  return (
    parts.length === asked.length && parts.every((part, at) => part.startsWith('{') || part === asked[at])
  );
}
