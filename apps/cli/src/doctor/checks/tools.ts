/** The programs that a run calls: where they are, and their versions. */
import { type Check, type Finding, ok, skip, unusable, warn } from '../check.ts';
import type { Ground } from '../ground.ts';
import { findTool, runTool, toolPath } from '../run-tool.ts';

interface Tool {
  readonly program: string;
  readonly package: string;
  /** Whether every run needs it, or what it is needed for. */
  readonly needed: (ground: Ground) => 'always' | string;
  /** How it tells its version. */
  readonly version?: string;
}

const tools: readonly Tool[] = [
  { program: 'nft', package: 'nftables', needed: () => 'always', version: '--version' },
  { program: 'tc', package: 'iproute2', needed: () => 'always', version: '-V' },
  { program: 'timeout', package: 'coreutils', needed: () => 'always' },
  { program: 'ip', package: 'iproute2', needed: () => 'upload limits', version: '-V' },
  {
    program: 'nsenter',
    package: 'util-linux',
    needed: ({ place }) => (place.netns === undefined ? '--netns' : 'always'),
  },
  { program: 'unshare', package: 'util-linux', needed: () => 'the check of the kernel' },
];

export const toolsCheck: Check = {
  name: 'tools',
  describe: 'nft, tc and the other programs that a run calls',
  run: async (ground, signal) => {
    if (ground.place.dataplane === 'recorded') return [skip('the recorded dataplane calls no program')];
    const findings: Finding[] = [];
    for (const tool of tools) findings.push(await lookFor(tool, ground, signal));
    return findings;
  },
};

async function lookFor(tool: Tool, ground: Ground, signal: AbortSignal): Promise<Finding> {
  const { program, version } = tool;
  const path = findTool(program);
  const needed = tool.needed(ground);
  if (path === undefined) {
    const hint = `apt-get install ${tool.package}, or use --dataplane recorded.`;
    if (needed === 'always') return unusable(`${program} is not in ${toolPath}`, hint);
    return warn(`${program} is missing, which is needed for ${needed}`, `apt-get install ${tool.package}.`);
  }
  if (version === undefined) return ok(`${program} is ${path}`);
  const { status, stdout, stderr } = await runTool(path, [version], signal);
  if (status === 0) return ok(`${program} is ${path}: ${(stdout || stderr).split('\n', 1)[0]?.trim()}`);
  return unusable(`${path} ends with ${status ?? 'a signal'}`, `Install ${tool.package} again.`);
}
