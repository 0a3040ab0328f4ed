/** What runs us, and on what. */
import { release } from 'node:os';
import { type Check, ok, warn } from '../check.ts';

export const runtimeCheck: Check = {
  name: 'runtime',
  describe: 'the JavaScript runtime and the system under it',
  run: () => {
    const { bun } = process.versions;
    const runtime = bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`;
    const found = `${runtime} on ${process.platform} ${release()}, ${process.arch}`;
    if (process.platform === 'linux') return [ok(found)];
    return [warn(found, 'Run gateways on Linux; elsewhere only the kit and the recorded dataplane work.')];
  },
};
