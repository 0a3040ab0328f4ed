/** Writes the generated part of `docs/reference.md` anew: `node --conditions=@holdfast/source tests/docs/write-reference.ts`. */
import { generatedPart } from './generated-part.ts';
import { referencePart } from './reference-part.ts';

generatedPart('docs/reference.md', 'write-reference.ts').write(await referencePart());
