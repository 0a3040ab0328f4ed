/** The programs that the documents show compile as they stand, in a project that has the packages. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository, runtimes } from '../support/repository.ts';
import { runProcess } from '../support/run-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const compilerOptions = {
  strict: true,
  noEmit: true,
  target: 'esnext',
  module: 'nodenext',
  types: ['node'],
  customConditions: ['@holdfast/source'],
  allowImportingTsExtensions: true,
  skipLibCheck: true,
};

describe.each([
  ['README.md', 'new LockRunner('],
  ['docs/locking.md', 'subscribe('],
])('the program in %s with %s', (document, mark) => {
  it('compiles', async () => {
    const text = readFileSync(join(repository, document), 'utf8');
    const programs = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = '']) => program);
    const program = programs.find((candidate) => candidate.includes(mark) && candidate.includes('import '));
    await using project = await temporaryDirectory();
    symlinkSync(join(repository, 'node_modules'), join(project.path, 'node_modules'));
    writeFileSync(join(project.path, 'package.json'), '{"type":"module"}');
    writeFileSync(join(project.path, 'program.ts'), program ?? 'no such program');
    writeFileSync(
      join(project.path, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['program.ts'] }),
    );
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = await runProcess(runtimes.node, [compiler, '-p', project.path]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
