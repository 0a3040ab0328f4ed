/** The constant answer as a process of the bench. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freeTcpPort } from '../../support/mapper-process.ts';

export interface ConstantMapper extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
}

export async function startConstantMapper(): Promise<ConstantMapper> {
  const port = await freeTcpPort();
  const file = fileURLToPath(new URL('./constant-answer.ts', import.meta.url));
  const child = spawn(process.execPath, [file, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
