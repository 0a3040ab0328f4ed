/** Writes the generated part of `docs/schema.md` anew: `node --conditions=@holdfast/source tests/docs/write-schema.ts`. */
import { liveSchema, schemaMarkdown } from './live-schema.ts';
import { writeGeneratedPart } from './schema-document.ts';

writeGeneratedPart(schemaMarkdown(await liveSchema()));
