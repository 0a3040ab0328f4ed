/** Writes the generated part of `docs/schema.md` anew: `node --conditions=@holdfast/source tests/docs/write-schema.ts`. */
import { generatedPart } from './generated-part.ts';
import { liveMariadb } from './live-mariadb.ts';
import { liveSchema, schemaMarkdown } from './live-schema.ts';

generatedPart('docs/schema.md', 'write-schema.ts').write(
  schemaMarkdown(await liveSchema(), await liveMariadb()),
);
