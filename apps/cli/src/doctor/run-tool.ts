/** Runs a program of the system for a check: no shell, a fixed path as the dataplane has it, an end in any case. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ToolResult {
  /** Null when it could not be started, or was ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const timeoutMs = 5_000;

export function runTool(program: string, args: readonly string[], signal: AbortSignal): Promise<ToolResult> {
  const options = {
    env: { PATH: toolPath, LC_ALL: 'C' },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    signal,
  } as const;
  return new Promise((resolve) => {
    const child = execFile(program, [...args], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** Where a program is; undefined when it is nowhere on the path. */
export function findTool(program: string): string | undefined {
  return toolPath
    .split(':')
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // for whatever reason, it is none that can be run
  }
}
