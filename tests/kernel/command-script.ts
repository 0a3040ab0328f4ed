/** Small shell scripts that stand in for nft or tc, each in a directory of its own that is deleted with it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CommandScript extends Disposable {
  readonly path: string;
}

export function commandScript(body: string): CommandScript {
  const directory = mkdtempSync(join(tmpdir(), 'hf-command-'));
  chmodSync(directory, 0o755);
  const path = join(directory, 'command');
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}
